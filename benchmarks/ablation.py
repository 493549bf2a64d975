"""What each rule of answering brings: the figures of question files with one rule after the other switched off.

    python benchmarks/ablation.py QUESTIONS... [--corpus DIR] [--index DIR]

One line a rule and file, in Markdown: the figures without the rule, and the first line with all of them. The rules are
the functions that the product calls; they are replaced by ones that say nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from common import arguments
from famqa.assistant import Assistant, open_assistant
from famqa.evaluation.questions import QuestionSet, load_questions
from famqa.evaluation.run import ask_with, askable, run
from famqa.settings import load_settings

METRICS = {
    "right": "right",
    "alias_hit": "alias in answer or quotes",
    "alias_in_answer": "alias in answer",
    "f1": "short answer F1",
    "false_refusals": "answerable refused",
    "refusal_recall": "unanswerable refused",
    "citation_precision": "citations that prove it",
    "group_coverage": "list groups",
}


def never(*_: Any, **__: Any) -> bool:
    return False


RULES: dict[str, list[tuple[str, Callable[..., Any]]]] = {
    "all rules": [],
    "several spans for a list": [
        ("famqa.answering.asks_for_several", never),
        ("famqa.assistant.asks_for_several", never),
    ],
    "the rest of a list or table": [("famqa.assistant.other_rows", lambda *_: ([], False))],
    "whole sentences for why and how": [("famqa.answering.asks_to_explain", never)],
    "sentences beside it": [("famqa.answering.explained", lambda _, best, *__: best)],
    "the question's own words are no answer": [("famqa.reading.asks_for_news", never)],
    "what stands nowhere is doubted": [("famqa.assistant.doubted", lambda reading, *_: reading)],
    "what a thing is": [("famqa.assistant.defined", lambda reading, *_: reading)],
    "rows with a cell in common": [("famqa.assistant.pick", lambda *_: None)],
    "a list in place of what leads it in": [("famqa.answering.items_led_in", lambda *_: [])],
    "rows of a table compared": [("famqa.assistant.is_over_rows", never)],
    "documents that differ": [("famqa.answering._rival", lambda *_: None)],
    "small talk": [("famqa.assistant.small_talk", lambda _: "")],
    "spelling": [("famqa.spelling.Spelling.corrected", lambda _, question: question)],
    "follow-ups": [("famqa.assistant.readings", lambda question, _: (question,))],
}


@contextmanager
def without(rule: str) -> Iterator[None]:
    with ExitStack() as stack:
        for target, stand_in in RULES[rule]:
            stack.enter_context(patch(target, stand_in))
        yield


def figures(assistant: Assistant, questions: QuestionSet) -> dict[str, float]:
    _, measured = run(ask_with(assistant, questions), assistant, questions)
    return {name: measured["metrics"][name] for name in METRICS if name in measured["metrics"]}


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("files", type=Path, nargs="+", help="question files, as for famqa eval")
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--index", type=Path)
    parser.add_argument("--reader")
    parser.add_argument("--rules", nargs="+", choices=RULES, default=list(RULES), metavar="RULE", help="these alone")
    args = parser.parse_args()
    settings = load_settings(corpus=args.corpus, index=args.index, reader=args.reader)
    assistant = open_assistant(settings)
    for file in args.files:
        questions = askable(load_questions(file), settings)
        print(f"\n{file.name}, {len(questions.questions)} questions\n")
        print("| without | " + " | ".join(METRICS.values()) + " |")
        print("|---" * (len(METRICS) + 1) + "|", flush=True)
        for rule in args.rules:
            with without(rule):
                found = figures(assistant, questions)
            cells = (f"{100 * found[name]:.1f}" if name in found else "" for name in METRICS)
            print(f"| {rule if RULES[rule] else '(nothing: all rules)'} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
