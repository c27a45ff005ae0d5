"""What ships is what the training script makes, byte for byte."""

from pathlib import Path

import pytest

from comments_service.checks.learning.prior import FILE, decode_prior
from training import spam_prior


@pytest.mark.slow
@pytest.mark.skipif(not spam_prior.DATA.exists(), reason=f"{spam_prior.DATA} is not there")
def test_training_gives_the_file_that_ships(tmp_path: Path) -> None:
    """Whoever changes folding, n-grams or features trains anew, and raises their version."""
    made = tmp_path / "prior.bin"
    assert spam_prior.main(["--out", str(made)]) == 0
    assert made.read_bytes() == FILE.read_bytes()


def test_without_data_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert spam_prior.main(["--data", str(tmp_path / "none"), "--out", str(tmp_path / "p")]) == 2
    assert "nothing to train from" in capsys.readouterr().err
    assert not (tmp_path / "p").exists()


def test_harmless_texts_come_along() -> None:
    prior = decode_prior(FILE.read_bytes())
    assert len(prior.stand_ins) == sum(spam_prior.STAND_INS.values())
    assert not any(lesson.is_spam for lesson in prior.stand_ins)
