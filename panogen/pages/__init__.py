"""The kit of every HTML page: a document that asks nothing of the network, its curves, tables and pictures."""
