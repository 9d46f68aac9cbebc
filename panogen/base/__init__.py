"""What every room stands on: errors, files, JSON, torch on a CPU."""
