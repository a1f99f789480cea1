"""Which series is the axial non-contrast head, and why the others are not."""

from dataclasses import replace

import pytest

from headct.core.series import Series
from headct.dicom.select import select

CORONAL = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)
SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
# The gantry leans by 25 degrees: cosine 0.906, sine 0.423.
TILTED = (1.0, 0.0, 0.0, 0.0, 0.906, -0.423)


def test_a_plain_head_is_the_candidate(make_study, make_series):
    chosen = select(make_study(make_series()))

    assert [series.uid for series in chosen.candidates] == ["1.2.3"]
    assert chosen.refused == ()
    assert chosen.warnings == ()
    assert chosen.ranking == (
        (
            "series 2 (Head): 30 slices, no contrast, kernel STANDARD (soft tissue), original, "
            "150 mm covered, 5 mm thick"
        ),
    )


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"modality": "MR"}, "modality is MR, expected CT"),
        ({"modality": ""}, "modality is not stated, expected CT"),
        ({"modality": "SR"}, "a structured report (such as the dose report), not images"),
        (
            {"sop_class_uid": "1.2.840.10008.5.1.4.1.1.7"},
            "stored as Secondary Capture Image Storage, not as CT images",
        ),
        ({"sop_class_uid": "9.9.9"}, "stored as an unknown class, not as CT images"),
        (
            {"image_type": ("ORIGINAL", "PRIMARY", "LOCALIZER")},
            "a localizer (scout view), not slices",
        ),
        ({"series_description": "Dose Report"}, "described as a dose report"),
        (
            {"image_type": ("DERIVED", "SECONDARY", "MIP")},
            "image type says MIP: a picture made from slices, not slices",
        ),
        (
            {"series_description": "Head VRT"},
            "described as a projection, rendering or virtual image, not slices",
        ),
        ({"series_description": "Head Perfusion 5.0"}, "described as a perfusion scan"),
        ({"series_description": "CBF"}, "described as a perfusion scan"),
        ({"series_description": "PreMonitoring"}, "described as bolus timing"),
        ({"series_description": "CTA Head 0.75"}, "described as angiography"),
        ({"series_description": "Angio-TC Kopf"}, "described as angiography"),
        ({"series_description": "0.75", "protocol_name": "CTA"}, "described as angiography"),
        (
            {"orientation": None},
            (
                "30 of 30 images state no position, orientation or pixel spacing that can be "
                "read: export the series again"
            ),
        ),
        ({"orientation": CORONAL}, "a coronal reformat, expected axial slices"),
        ({"orientation": SAGITTAL}, "a sagittal reformat, expected axial slices"),
        ({"series_description": "HWS 2.0"}, "described as neck, expected the head"),
        (
            {"series_description": "", "body_part": "CHEST"},
            "described as another part of the body, expected the head",
        ),
        (
            {"series_description": "Sinus 1.0", "body_part": "HEAD"},
            "described as face or sinuses, expected the head",
        ),
        (
            {"series_description": "Felsenbein links", "body_part": "HEAD"},
            "described as temporal bones, expected the whole head",
        ),
        (
            {"kernel": "BONEPLUS"},
            "kernel BONEPLUS is made for bone or lung, expected one for soft tissue",
        ),
        (
            {"kernel": "", "series_description": "Knochen Schädel 2.0"},
            "described as a bone reconstruction, expected one for soft tissue",
        ),
        ({"thickness_mm": 12.0}, "slices of 12 mm, expected at most 10 mm"),
    ],
)
def test_what_is_not_a_plain_axial_head_is_refused_with_the_reason(
    make_study, make_series, changed, reason
):
    chosen = select(make_study(make_series(**changed)))

    assert chosen.candidates == ()
    assert [refusal.reason for refusal in chosen.refused] == [reason]


def test_too_few_slices_are_refused(make_study, make_series):
    chosen = select(make_study(make_series(7), make_series(1, uid="1.2.4")))

    assert [refusal.reason for refusal in chosen.refused] == [
        "7 slices, a head needs at least 8",
        "1 slice, a head needs at least 8",
    ]


@pytest.mark.parametrize(
    "changed",
    [
        {"orientation": TILTED},
        {"series_description": "", "body_part": "", "protocol_name": ""},
        {"series_description": "Head and C-Spine trauma"},
        {"series_description": "Head 5.0", "protocol_name": "CTA HEAD NECK"},
        {"series_description": "Crâne sans injection", "body_part": "HEAD"},
        {"image_type": ("DERIVED", "SECONDARY", "REFORMATTED", "AVERAGE")},
        {"series_description": "Post fossa 2.5 head"},
        {"sop_class_uid": "1.2.840.10008.5.1.4.1.1.2.1"},
        {"contrast_agent": "NONE"},
        {"thickness_mm": 10.0},
    ],
)
def test_a_head_in_other_words_is_a_candidate(make_study, make_series, changed):
    chosen = select(make_study(make_series(**changed)))

    assert len(chosen.candidates) == 1
    assert chosen.warnings == ()


@pytest.mark.parametrize(
    "enhanced", [{"contrast_agent": "APPLIED"}, {"series_description": "Kopf mit Kontrast"}]
)
def test_contrast_is_used_only_where_there_is_nothing_else(make_study, make_series, enhanced):
    plain, with_contrast = make_series(), make_series(uid="1.2.4", start=0.0, **enhanced)

    both = select(make_study(with_contrast, plain))
    alone = select(make_study(with_contrast))

    assert [series.uid for series in both.candidates] == ["1.2.3"]
    assert [refusal.reason for refusal in both.refused] == [
        "contrast was given, and a series without contrast is there"
    ]
    assert [series.uid for series in alone.candidates] == ["1.2.4"]
    assert "contrast was given" in alone.warnings[0]


def test_a_description_that_denies_the_agent_is_believed_with_a_warning(make_study, make_series):
    said = make_series(series_description="Head without contrast", contrast_agent="IOHEXOL")

    chosen = select(make_study(said))

    assert len(chosen.candidates) == 1
    assert "names a contrast agent" in chosen.warnings[0]


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"kernel": "H30s"}, {"kernel": "X-1", "thickness_mm": 5.0}),
        ({}, {"image_type": ("DERIVED", "SECONDARY", "REFORMATTED")}),
        ({"distance_mm": 5.0, "thickness_mm": 1.0}, {"distance_mm": 2.0}),
        ({"thickness_mm": 2.5}, {"thickness_mm": 0.6}),
        ({"thickness_mm": 0.6}, {"thickness_mm": 8.0}),
        ({"thickness_mm": 5.0}, {"thickness_mm": 2.4}),
        ({"thickness_mm": 2.5}, {"thickness_mm": 5.1}),
        ({"count": 32}, {"count": 28}),
    ],
)
def test_the_better_series_comes_first(make_study, make_series, better, worse):
    one = make_series(uid="better", series_number=9, **better)
    two = make_series(uid="worse", series_number=1, **worse)

    for study in (make_study(one, two), make_study(two, one)):
        assert [series.uid for series in select(study).candidates] == ["better", "worse"]


def test_children_short_scans_and_unknown_kernels_are_warned_of(make_study, make_series):
    series = make_series(count=12, patient_age_years=6.0, kernel="X-1")

    warnings = " ".join(select(make_study(series)).warnings)

    assert "under 18" in warnings
    assert "covers 60 mm" in warnings
    assert "kernel X-1 is not known" in warnings


@pytest.mark.parametrize(("mm", "is_said"), [(1.9, False), (2.1, True)])
def test_slices_shifted_by_more_than_two_millimetres_are_warned_of(
    make_study, make_series, mm, is_said
):
    images = list(make_series(31).instances)
    images[15] = replace(images[15], position_mm=(-125.0 + mm, -125.0, 75.0))

    warnings = select(make_study(Series("1.2.3", tuple(images)))).warnings

    said = [line for line in warnings if "within their plane by up to 2.1 mm" in line]
    assert len(said) == len(warnings) == is_said


def test_a_study_of_two_patients_is_refused(make_study, make_series):
    series = make_series(patient_key="one")
    other = replace(series.instances[5], patient_key="two")

    chosen = select(make_study(Series("1.2.3", (*series.instances[:5], other))))

    assert chosen.candidates == ()
    assert "2 different patients" in chosen.refused[0].reason


def test_localizers_among_slices_drop_out_with_the_reason(make_study, make_series):
    slices = make_series()
    scout = replace(
        slices.instances[0], image_type=("ORIGINAL", "PRIMARY", "LOCALIZER"), orientation=CORONAL
    )

    chosen = select(make_study(Series("1.2.3", (scout, *slices.instances))))

    assert [len(series.instances) for series in chosen.candidates] == [30]
    assert chosen.refused[0].what == "1 of 31 images of series 2 (Head)"
    assert "localizers" in chosen.refused[0].reason


def test_two_reconstructions_in_one_series_are_judged_apart(make_study, make_series):
    soft, bone = make_series(), make_series(kernel="H70h", start=0.0)

    chosen = select(make_study(Series("1.2.3", soft.instances + bone.instances)))

    assert [series.first.kernel for series in chosen.candidates] == ["STANDARD"]
    assert chosen.refused[0].what == "series 2 (Head), part 2 of 2"
    assert "kernel H70h" in chosen.refused[0].reason
