"""The network of the CIPS paper, with as large an embedding, over the whole sphere."""

from panogen.networks import FourierConfig, GeneratorConfig, TableConfig

PAPER = GeneratorConfig(
    width=512, depth=15, z_dim=512, w_dim=512, mapping_layers=8,
    encodings=(FourierConfig(512), TableConfig(512, rows=180, columns=360)),
)  # fmt: skip
