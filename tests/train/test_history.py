from headct.train.history import draw, read_history, write_history

ROWS = [
    {
        "epoch": 1.0,
        "seconds": 3.5,
        "train/loss": 2.0,
        "validation/loss": 2.5,
        "validation/dice": 0.9,
    },
    {
        "epoch": 2.0,
        "seconds": 3.0,
        "train/loss": 1.0,
        "validation/loss": 1.5,
        "validation/dice": 0.4,
    },
]


def test_what_was_written_is_read_back(tmp_path):
    write_history(ROWS, tmp_path)

    assert read_history(tmp_path) == ROWS


def test_before_the_first_epoch_there_is_nothing(tmp_path):
    assert read_history(tmp_path) == []


def test_the_curves_are_the_losses_and_their_parts():
    figure = draw(ROWS)

    shown = [
        {line.get_label(): line.get_ydata().tolist() for line in axes.get_lines()}
        for axes in figure.axes
    ]

    assert shown == [
        {"train/loss": [2.0, 1.0], "validation/loss": [2.5, 1.5]},
        {"validation/dice": [0.9, 0.4]},
    ]
