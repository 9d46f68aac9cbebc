"""Pictures within a tolerance: the network is asked only where interpolation would not do."""
