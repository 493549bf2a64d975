"""What keeping an index up to date costs: a full build against one changed document, and against nothing changed.

    python benchmarks/update.py SQUAD_FILE [--documents 2000] [--runs 5]

The documents are the paragraphs of a SQuAD-format file, one a file. Every figure is a whole command in a process of
its own, its start and its imports included; the median of the runs is printed, but of the full build, which is run
once.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable
from pathlib import Path

from common import arguments, famqa, machine, paragraphs
from famqa.evaluation.squad import read_rows


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("squad", type=Path, help="a SQuAD-format file, .json or .jsonl, also gzipped")
    parser.add_argument("--documents", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args()
    print(machine())

    rows = read_rows(args.squad)
    chosen = set(list(dict.fromkeys(row["context"] for row in rows))[: args.documents])
    with paragraphs([row for row in rows if row["context"] in chosen], None) as (settings, doc_ids):
        corpus, index, names = settings.corpus, settings.index, list(doc_ids.values())
        folders = ["--corpus", str(corpus), "--index", str(index)]

        def change(run: int) -> None:
            path = corpus / names[run * 17 % len(names)]
            path.write_text(path.read_text("utf-8") + f" This was added in run {run}.", "utf-8")

        def rename(run: int) -> None:
            new = f"renamed-{run}.txt"
            (corpus / names[-1]).rename(corpus / new)
            notes = corpus / "sources.toml"  # where its title stands
            notes.write_text(notes.read_text("utf-8").replace(json.dumps(names[-1]), json.dumps(new)), "utf-8")
            names[-1] = new

        def change_and_index(run: int) -> None:
            change(run)
            famqa("index", *folders)

        full = famqa("index", "--json", *folders)
        built = json.loads(full.printed)
        print(f"{built['documents']} documents, {built['passages']} passages, {built['embedded']} embedded\n")
        print("| command | median | range | processor time | of a full build |")
        print("|---|---|---|---|---|")
        print(
            f"| `famqa index`, from nothing | {full.seconds:.1f} s | | {full.cpu_seconds:.1f} s | 100 % |", flush=True
        )

        def measure(name: str, command: list[str], before: Callable[[int], None] = lambda run: None) -> None:
            done = []
            for run in range(args.runs):
                before(run)
                done.append(famqa(*command, *folders))
            seconds = [each.seconds for each in done]
            median, used = statistics.median(seconds), statistics.median(each.cpu_seconds for each in done)
            span = f"{min(seconds):.2f} to {max(seconds):.2f} s"
            share = f"{median / full.seconds:.1%}, processor {used / full.cpu_seconds:.1%}"
            print(f"| {name} | {median:.2f} s | {span} | {used:.2f} s | {share} |", flush=True)

        measure("`famqa index`, nothing changed", ["index"])
        measure("`famqa index --plan`, one document changed", ["index", "--plan"], change)
        measure("`famqa index`, one document changed", ["index"], change)
        measure("`famqa index`, one file renamed", ["index"], rename)
        measure("`famqa verify`", ["verify"])
        measure("`famqa rollback`", ["rollback"], change_and_index)
        kept = [path for path in (index / "generations").iterdir() if path.is_dir()]
        sizes = [sum(file.stat().st_size for file in path.rglob("*") if file.is_file()) for path in kept]
        print(f"\n{len(kept)} generations kept, {max(sizes) / 2**20:.1f} MiB each")


if __name__ == "__main__":
    main()
