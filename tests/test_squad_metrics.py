"""EM and F1 by hand, and against torchmetrics' independent implementation."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from famqa.evaluation.metrics import exact_match, normalized, token_f1


def test_normal_form() -> None:
    assert normalized("The  Cat's, hat (an old one)!") == "cats hat old one"
    assert normalized("A") == ""


def test_exact_match_takes_the_best_answer() -> None:
    assert exact_match("the Tay Bridge.", ["Forth Bridge", "Tay bridge"]) == 1.0
    assert exact_match("Tay", ["Tay Bridge"]) == 0.0
    assert exact_match("", []) == 1.0
    assert exact_match("Tay", []) == 0.0


def test_f1_counts_shared_words() -> None:
    # Of two predicted words one is right, of three wanted words one is found: 2 x 1 / (2 + 3).
    assert token_f1("red lamp", ["lamp of brass"]) == pytest.approx(0.4)
    # "very very" shares one "very" with "very old": 2 x 1 / (2 + 2).
    assert token_f1("very very", ["very old"]) == pytest.approx(0.5)
    assert token_f1("", []) == 1.0
    assert token_f1("x", []) == 0.0


words = st.lists(
    st.sampled_from(["the", "a", "lamp", "Lamp,", "of", "brass.", "1,871", "red-hot", "(old)"]), max_size=6
)


@pytest.fixture(scope="module", autouse=True)
def _double_precision() -> Iterator[None]:
    """torchmetrics adds up in torch's default type, which is too coarse to compare with."""
    torch = pytest.importorskip("torch")
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(words, st.lists(words.filter(bool), min_size=1, max_size=3)), min_size=1, max_size=5))
def test_agrees_with_torchmetrics(rows: list[tuple[list[str], list[list[str]]]]) -> None:
    torchmetrics = pytest.importorskip("torchmetrics.functional.text")
    predictions = [" ".join(predicted) for predicted, _ in rows]
    answers = [[" ".join(answer) for answer in wanted] for _, wanted in rows]
    theirs = torchmetrics.squad(
        [{"id": str(n), "prediction_text": text} for n, text in enumerate(predictions)],
        [{"id": str(n), "answers": {"text": a, "answer_start": [0] * len(a)}} for n, a in enumerate(answers)],
    )
    pairs = list(zip(predictions, answers, strict=True))
    ours_em = 100 * sum(exact_match(text, wanted) for text, wanted in pairs) / len(pairs)
    ours_f1 = 100 * sum(token_f1(text, wanted) for text, wanted in pairs) / len(pairs)
    assert ours_em == pytest.approx(float(theirs["exact_match"]), abs=1e-9)
    assert ours_f1 == pytest.approx(float(theirs["f1"]), abs=1e-9)
