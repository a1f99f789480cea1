import pytest

from headct.core.output import all_or_nothing


def names(folder):
    return {path.name for path in folder.iterdir()}


def test_nothing_is_left_behind_when_the_user_stops_it(tmp_path):
    def stopped_half_way():
        with all_or_nothing(tmp_path / "answer") as folder:
            (folder / "half").write_text("half an answer")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped_half_way()

    assert names(tmp_path) == set()


def test_nothing_is_seen_before_all_is_written(tmp_path):
    with all_or_nothing(tmp_path / "answer") as folder:
        (folder / "part").write_text("first")
        seen = (tmp_path / "answer").exists()

    assert not seen
    assert names(tmp_path / "answer") == {"part"}
    assert names(tmp_path) == {"answer"}
