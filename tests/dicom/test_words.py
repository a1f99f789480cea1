"""What descriptions say, in several languages."""

import pytest

from headct.dicom import words
from headct.dicom.words import says


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("CT BRAIN PLAIN", "HEAD"),
        ("Schädel nativ 5mm", "HEAD"),
        ("CRÂNE", "HEAD"),
        ("Encéfalo", "HEAD"),
        ("tac cráneo simple", "HEAD"),
        ("Głowa", "HEAD"),
        ("Головной мозг", "HEAD"),
        ("头颅平扫", "HEAD"),
        ("HEAD_ROUTINE", "HEAD"),
        ("head/5.0", "HEAD"),
        ("C-Spine", "NECK"),
        ("Columna lumbar", "TRUNK"),
        ("NNH", "FACE"),
        ("Rochers", "TEMPORAL_BONE"),
        ("Temporal Bone R", "TEMPORAL_BONE"),
        ("Neuroangio", "ANGIOGRAPHY"),
        ("Perfusión", "PERFUSION"),
        ("os", "BONE"),
        ("C+", "CONTRAST"),
        ("Head +C 5mm", "CONTRAST"),
        ("CT POST CONTRAST", "CONTRAST"),
        ("增强", "CONTRAST"),
        ("CCT +KM", "CONTRAST"),
        ("Head KM+", "CONTRAST"),
        ("Head +Contrast", "CONTRAST"),
        ("Head Postcontrast", "CONTRAST"),
        ("CT HEAD IV+", "CONTRAST"),
        ("Head No IV Con", "NO_CONTRAST"),
        ("W/O CONTRAST", "NO_CONTRAST"),
        ("CT PRE CONTRAST 5MM STD", "NO_CONTRAST"),
        ("sans injection", "NO_CONTRAST"),
        ("Non-Con", "NO_CONTRAST"),
        ("平扫", "NO_CONTRAST"),
        ("Head W/WO", "BOTH_CONTRAST"),
        ("Patient Protocol", "REPORT"),
    ],
)
def test_a_word_is_found(text, topic):
    assert says(text, getattr(words, topic))


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("forehead", "HEAD"),
        ("ostomy", "BONE"),
        ("bonefish", "BONE"),
        ("Post fossa", "CONTRAST"),
        ("civic", "CONTRAST"),
        ("plainly", "NO_CONTRAST"),
        ("octave", "ANGIOGRAPHY"),
        ("", "HEAD"),
    ],
)
def test_part_of_a_word_is_not_the_word(text, topic):
    assert not says(text, getattr(words, topic))
