from typer.testing import CliRunner

from headct.cli import app


def test_the_command_says_where_the_network_looked_and_names_nobody(
    hollow_run, hollow_store, tmp_path
):
    options = ("--out", str(tmp_path / "out"), "--part", "all", "--rows", "0")

    told = CliRunner().invoke(app, ["explain", str(hollow_run), str(hollow_store.folder), *options])

    assert told.exit_code == 0, told.output
    assert "8 studies (all)" in told.output
    assert "not counted" in told.output
    assert "ventricles: none are seen" in told.output
    assert "patients who trained the network are among them" in told.output
    assert "Ann" not in told.output


def test_a_label_that_is_none_is_wrong_usage(hollow_run, hollow_store, tmp_path):
    options = ("--out", str(tmp_path / "out"), "--label", "stroke")

    told = CliRunner().invoke(app, ["explain", str(hollow_run), str(hollow_store.folder), *options])

    assert told.exit_code == 2
    assert "stroke" in told.output
    assert not (tmp_path / "out").exists()
