import pytest

from gongshu import crypto
from gongshu.crypto import keys
from gongshu.home import Home


@pytest.fixture
def home(tmp_path):
    place = Home(tmp_path / "home")
    keys.ensure(place)
    yield place
    crypto.forget()
