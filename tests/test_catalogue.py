"""The committed factor catalogue says what the families' YAML says."""

from factorium import catalogue


def test_catalogue_is_current():
    text, count = catalogue.render()
    assert catalogue.PATH.read_text() == text, "run: factorium catalogue"
    assert count >= 48
