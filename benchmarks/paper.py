"""The network of the CIPS paper, with as large an embedding, over the whole sphere."""

from panogen.networks import GeneratorConfig

PAPER = GeneratorConfig(
    width=512, depth=15, z_dim=512, w_dim=512, mapping_layers=8, fourier_channels=512, embedding_channels=512,
    embedding_rows=180, embedding_columns=360,
)  # fmt: skip
