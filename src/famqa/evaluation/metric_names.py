"""What the figures of a run are called, in words, and which way is better: for the report and for comparing."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "right": ("Right", "questions with a right answer in the answer or its quotes, or rightly refused"),
    "f1": ("F1", "words shared by the short answer and the best expected one; a refusal counts 0"),
    "exact_match": ("Exact match", "short answers that are an expected answer, articles and punctuation aside"),
    "alias_in_answer": ("Alias in the answer", "answerable questions with an expected answer in the short answer"),
    "alias_hit": ("Alias hit", "answerable questions with an expected answer in the answer or its quotes"),
    "group_coverage": ("Group coverage", "parts of a list answer that are in the answer or its quotes"),
    "citation_precision": ("Citation precision", "citations whose quote holds an expected answer"),
    "support": ("Support", "answers with at least one such citation"),
    "verbatim": ("Verbatim", "citations that are, character for character, what the document says"),
    "citations_per_answer": ("Citations per answer", "citations of an answer, on average"),
    "false_refusals": ("False refusals", "answerable questions that were refused"),
    "refusal_recall": ("Refusal recall", "unanswerable questions that were refused"),
    "refusal_precision": ("Refusal precision", "refusals that were right"),
    "aurc": ("Area under risk-coverage", "share of wrong answers, averaged over all confidences to answer from"),
    "ece": ("Calibration error", "how far the confidence is from the share that is right, on average"),
    "success_at_1": ("Found first", "questions with a relevant passage ranked first by the search"),
    "success_at_5": ("Found among five", "questions with a relevant passage among the search's first five"),
    "recall_at_1": ("Recall at 1", "relevant passages that the search ranks first"),
    "recall_at_5": ("Recall at 5", "relevant passages among the search's first five"),
    "recall_at_10": ("Recall at 10", "relevant passages among the search's first ten"),
    "recall_at_20": ("Recall at 20", "relevant passages among the search's first twenty"),
    "mrr": ("Mean reciprocal rank", "one over the rank of the first relevant passage"),
    "ndcg_at_10": ("nDCG at 10", "how near the top the relevant passages stand, among the first ten"),
}
"""The name in words, and what is counted, by the name in `metrics.json`."""

ORDER = list(WORDS)
"""The names in their usual order."""
LESS_IS_BETTER = frozenset({"false_refusals", "aurc", "ece"})
NEITHER_IS_BETTER = frozenset({"citations_per_answer"})
COUNTS = frozenset({"citations_per_answer"})  # all others are from 0 to 1
AS_NUMBERS = frozenset({"aurc", "ece", "mrr", "ndcg_at_10"})  # told with decimals; other shares in percent


def place_in_order(name: str) -> tuple[int, str]:
    """For sorting names: in their usual order, unknown ones last."""
    return (ORDER.index(name) if name in ORDER else len(ORDER), name)


REFUSE, ANSWER = "refuse", "answer"
CAUSES: dict[str, tuple[str, str]] = {
    "load": ("Missed by loading", "the fact is in no block of the documents as they were read"),
    "cut": ("Missed by cutting", "the fact is in a document, but split or cut off by the passages"),
    "search": ("Missed by search", "the fact is in a passage that was not among those read"),
    "read": ("Missed by reading", "the passage was read, but another stretch was chosen"),
    "refuse": ("Missed by refusing", "the passage was read, but no answer was given"),
    "answer": ("Missed by answering", "an answer was given where the documents have none"),
}
"""The cause of a miss in words, and what it means, in the order of the way from document to answer.

`scores.jsonl` knows the last two as one, "refuse"; which of them it is follows from `answerable`.
"""
