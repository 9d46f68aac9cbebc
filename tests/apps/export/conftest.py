import pytest

from panogen.api import Panogen
from panogen.geometry import Cylinder
from panogen.weights.checkpoint import Model
from tests.conftest import tiny_generator


@pytest.fixture(scope="session")
def model():
    return Panogen(Model(tiny_generator(), Cylinder(), {"licence": "MIT"}), "tiny")
