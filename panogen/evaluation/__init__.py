"""How good is a model, or a folder of panoramas? Figures with intervals and floors, as JSON and as a page."""
