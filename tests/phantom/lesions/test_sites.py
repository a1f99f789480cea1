import pytest

from headct.phantom.lesions.sites import FORMS, SITES, UNPAIRED, parse_wish


@pytest.mark.parametrize(("label", "site"), [(k, s) for k, names in SITES.items() for s in names])
def test_every_site_is_taken_with_a_side_where_it_has_one(label, site):
    assert parse_wish(label, site, None).side is None
    if site not in UNPAIRED:
        wish = parse_wish(label, f"left {site}", None)

        assert (wish.site, wish.side) == (site, "left")


@pytest.mark.parametrize(("label", "form"), [(k, f) for k, names in FORMS.items() for f in names])
def test_every_form_is_taken(label, form):
    assert parse_wish(label, None, form).form == form


@pytest.mark.parametrize("site", ["knee", "left knee", "upper thalamus", "left ", ""])
def test_an_unknown_site_is_refused_with_those_there_are(site):
    with pytest.raises(ValueError, match=r"unknown site .*putamen, thalamus, frontal lobe"):
        parse_wish("intraparenchymal", site, None)


@pytest.mark.parametrize("site", ["left fourth ventricle", "left"])
def test_a_site_in_the_midline_has_no_side(site):
    with pytest.raises(ValueError, match=f"unknown site '{site}'"):
        parse_wish("intraventricular", site, None)


def test_a_side_alone_leaves_the_site_to_chance():
    wish = parse_wish("subdural", "right", "chronic")

    assert (wish.side, wish.site, wish.form) == ("right", None, "chronic")


def test_an_unknown_form_is_refused_with_those_there_are():
    with pytest.raises(
        ValueError, match="unknown form 'cast': the subdural bleed has acute, mixed"
    ):
        parse_wish("subdural", None, "cast")
    with pytest.raises(ValueError, match="no forms"):
        parse_wish("subarachnoid", None, "cast")
