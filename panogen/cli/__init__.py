"""The command line: one file a command. A command parses, builds, calls one function and prints."""
