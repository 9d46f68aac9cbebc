"""The kit of every HTML report: a document that asks nothing of the network, its curves and tables."""
