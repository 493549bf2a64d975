"""Time and memory of famqa on a folder of documents: indexing, asking, starting.

    python benchmarks/speed.py [--corpus corpus] [--questions FILE.jsonl] [--runs 5]

Whole commands are run as processes of their own in a fresh index folder; the median of the runs is printed, and the
largest memory of any of them. Questions are asked in one running process, after one to warm up.
"""

from __future__ import annotations

import json
import statistics
import tempfile
from pathlib import Path

from common import Ran, arguments, famqa, machine
from famqa.assistant import open_assistant
from famqa.evaluation.metrics import percentile
from famqa.settings import load_settings

QUESTIONS = ["What is it about?", "Who made it?", "When did it begin?", "How long is it?", "Which prizes did it win?"]


def show(name: str, measured: list[Ran]) -> None:
    seconds = [each.seconds for each in measured]
    print(
        f"{name:42} median {statistics.median(seconds):6.2f} s   ({min(seconds):.2f} to {max(seconds):.2f})   "
        f"peak {max(each.peak_mib for each in measured):5.0f} MiB",
        flush=True,
    )


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--corpus", type=Path, default=Path("corpus"))
    parser.add_argument(
        "--questions", type=Path, default=None, help="JSONL with `question`; otherwise a few general ones"
    )
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args()
    print(machine())

    with tempfile.TemporaryDirectory() as temporary:
        corpus = ["--corpus", str(args.corpus)]
        home = Path(temporary)
        show("first index", [famqa("index", *corpus, "--index", str(home / str(n))) for n in range(args.runs)])
        same = [*corpus, "--index", str(home / "0")]
        show("second index, nothing changed", [famqa("index", *same) for _ in range(args.runs)])
        show("famqa --version (the imports of a command)", [famqa("--version") for _ in range(args.runs)])
        show("famqa ask, start to answer", [famqa("ask", QUESTIONS[0], *same) for _ in range(args.runs)])

        assistant = open_assistant(load_settings(corpus=args.corpus, index=home / "0"))
        questions = QUESTIONS
        if args.questions:
            lines = args.questions.read_text("utf-8").splitlines()
            questions = [json.loads(line)["question"] for line in lines if "question" in json.loads(line)]
        assistant.ask(questions[0])
        timed = [assistant.ask(question).timings_ms for question in questions]
        found = [each for each in timed if "read" in each]  # small talk is answered without reading
        total = [each["total"] for each in found]
        print(
            f"{len(found)} questions in a running process: median {statistics.median(total):.0f} ms, "
            f"95th percentile {percentile(total, 0.95):.0f} ms"
        )
        for stage in ("search", "read", "answer"):
            share = sum(each[stage] for each in found) / sum(total)
            print(
                f"  {stage:8} median {statistics.median(each[stage] for each in found):6.1f} ms   {share:5.1%} of all"
            )


if __name__ == "__main__":
    main()
