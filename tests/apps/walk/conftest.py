import pytest

import panogen


@pytest.fixture
def model(model_folder):
    return panogen.load(model_folder)
