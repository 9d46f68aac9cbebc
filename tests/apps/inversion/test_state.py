import torch

from panogen.apps.inversion import STAGES
from panogen.apps.inversion.state import Descent, SearchState


def test_what_was_found_keeps_the_order_of_the_stages(tmp_path):
    state = SearchState()
    for number, stage in enumerate(STAGES):
        state.finish(stage, 20.0, Descent(torch.zeros(1), torch.full((1,), float(number))))
    for attempt in range(20):  # a file's tensors come in another order each time
        path = tmp_path / f"{attempt}.safetensors"
        state.save(path)
        found = SearchState.load(path, "cpu").found
        assert list(found) == list(STAGES)
        assert [latents.item() for latents in found.values()] == [0, 1, 2]
