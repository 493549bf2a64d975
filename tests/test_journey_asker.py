"""Who asks, in real Chromium: from the first question to a verdict; on each kind of screen, by keys too."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from famqa import indexing
from famqa.feedback import Feedback
from web_hands import Pointer, assert_sound, expect
from web_journeys import (
    HANDS,
    KEYS_BESIDE_A_PANEL,
    LIGHTHOUSE,
    QUESTION,
    Hold,
    answered,
    ask,
    copied,
    hand,
    hold,
    leave,
    open_source,
    site,
    visit,
)
from web_site import Site, browser, marked, visitors

__all__ = ["browser", "hand", "hold", "site", "visitors"]  # fixtures

pytestmark = [pytest.mark.browser, pytest.mark.model]


@pytest.mark.parametrize("hand", [*HANDS, KEYS_BESIDE_A_PANEL], indirect=True)
def test_the_asker(hand: Pointer, site: Site, hold: Hold) -> None:
    tab = hand.tab
    tab.goto(site.address)
    box = tab.locator("#question-box")
    example = tab.locator(".chip").first
    expect(box).to_be_focused()
    expect(tab.locator("#welcome h2")).to_have_text("Ask your documents")
    assert_sound(tab, site)

    question = example.inner_text()
    hand.press(example)
    expect(answered(tab, 1).locator(".question")).to_have_text(question)

    # a question of one's own: what is done for it, stopped, asked again
    hold.after(0)
    hand.write(box, QUESTION)
    hand.send(tab.locator("#ask"))
    expect(tab.locator(".turn").last.locator(".pending")).to_contain_text("reading")
    expect(box).to_have_value("")
    hand.stop()
    expect(box).to_have_value(QUESTION)
    expect(tab.locator(".turn")).to_have_count(1)
    hold.let_go()
    hand.send(tab.locator("#ask"))
    turn = answered(tab, 2)
    expect(turn.locator(".short")).to_contain_text("Ada Thorne")

    # its source, and how sure it is
    mark = turn.locator(".cite").first
    open_source(hand, mark, site)
    assert "Ada Thorne" in marked(tab)[3]
    hand.back()
    expect(mark).to_be_focused()
    assert "supported" in turn.locator(".confidence").inner_text()
    hand.look_at(turn.locator(".confidence"))
    expect(turn.locator(".tip")).to_contain_text("probability that this is right: 0.")
    assert_sound(tab, site)

    # taken away
    doc_id, start, end, quote = marked(tab)
    digest = tab.get_attribute("#sources .text", "data-digest")
    link = f"{site.address}/?source={doc_id}@{digest}&at={start}-{end}"
    assert copied(hand, turn.locator(".copy").first) == (
        f"{QUESTION}\n\nAda Thorne [1]\n\n[1] “{quote}”\nCape Vell Lighthouse · line 3\n{link}\n"
    )
    assert copied(hand, turn.locator(".copy").last) == (
        f"**[{QUESTION}]({site.address}/?q=Who+designed+the+lighthouse+at+Cape+Vell%3F)**\n\n"
        f"Ada Thorne [\\[1\\]]({link})\n\n> {quote}\n>\n> \\[1\\] [Cape Vell Lighthouse · line 3]({link})\n"
    )
    asking = copied(hand, turn.locator("a.link"))
    assert parse_qs(urlsplit(asking).query) == {"q": [QUESTION]}
    other = visit(hand, site, asking)
    expect(answered(other.tab, 1).locator(".short")).to_contain_text("Ada Thorne")
    leave(other, hand)

    # a follow-up, and the question that it was completed to
    turn = ask(hand, "And the bridge over the Dunn?")
    expect(turn.locator(".short")).to_contain_text("Per Holt")
    completed = turn.locator(".understood b").inner_text()
    hand.press(turn.locator(".edit"))
    expect(box).to_have_value(completed)
    expect(box).to_be_focused()
    tab.keyboard.press("ArrowLeft")
    tab.keyboard.type(" in 1931")
    hand.send(tab.locator("#ask"))
    turn = answered(tab, 4)
    expect(turn.locator(".question")).to_have_text(f"{completed[:-1]} in 1931?")
    expect(turn.locator(".understood")).to_have_count(0)

    # a refusal, its closest passages, and once more
    turn = ask(hand, "Who painted the ceiling of the opera?")
    expect(turn.locator(".short")).to_have_text("The documents do not say.")
    expect(turn.locator(".cite")).to_have_count(0)
    open_source(hand, turn.locator(".place").first, site)
    expect(tab.locator(".not-answer")).to_be_visible()
    assert_sound(tab, site)
    hand.back()
    hand.press(turn.locator(".again"))
    expect(answered(tab, 5).locator(".short")).to_have_text("The documents do not say.")

    # a permanent link, before and after the document has changed
    open_source(hand, tab.locator(".turn").nth(1).locator(".place").first, site)
    assert copied(hand, tab.locator(".source-head a.link")) == link
    other = visit(hand, site, link)
    expect(other.tab.locator("#sources mark.quote:focus")).to_be_in_viewport()
    assert marked(other.tab) == (doc_id, start, end, quote)
    path = site.settings.corpus / doc_id
    path.write_text(f"A new line.\n\n{LIGHTHOUSE}")
    indexing.update(site.settings)
    other.tab.reload()
    expect(other.tab.locator("#sources .problem")).to_contain_text("has changed since the link was made")
    assert other.tab.locator("#sources mark").count() == 0
    assert_sound(other.tab, site)
    path.write_text(LIGHTHOUSE)
    indexing.update(site.settings)
    other.tab.reload()
    assert marked(other.tab) == (doc_id, start, end, quote)
    leave(other, hand)

    # kept when this tab loads the page anew, by a link as well, and in the list of earlier conversations
    before = tab.locator(".turn").all_inner_texts()
    tab.reload()
    answered(tab, 5)
    assert tab.locator(".turn").all_inner_texts() == before
    tab.goto(link)
    answered(tab, 5)
    expect(tab.locator("#sources mark.quote:focus")).to_be_in_viewport()
    assert marked(tab) == (doc_id, start, end, quote)
    hand.back()
    hand.press(tab.locator("#fresh"))
    expect(tab.locator(".reopen")).to_have_count(2)  # that of the link as well
    assert_sound(tab, site)
    hand.press(tab.locator(".reopen:has-text('5 questions')"))
    open_source(hand, answered(tab, 5).locator(".place").first, site)
    hand.back()

    # of some documents only
    hand.press(tab.locator("#fresh"))
    hand.press(tab.locator(".scope summary"))
    hand.write(tab.locator("#scope-search"), "coast")
    hand.press(tab.locator(".scope-list input").first)
    assert_sound(tab, site)
    tab.keyboard.press("Escape")
    expect(tab.locator(".scope summary")).to_be_focused()
    turn = ask(hand, "Who designed the bridge over the Dunn?")
    expect(turn.locator(".asked-of")).to_have_text("asked of: coast")
    assert "Per Holt" not in turn.inner_text()
    hand.press(tab.locator(".only button"))
    turn = ask(hand, "Who was the first keeper?")

    # right, wrong, and what would be right
    hand.press(turn.locator("[data-verdict=right]"))
    expect(turn.locator(".told")).to_contain_text("Noted as right")
    hand.press(turn.locator("[data-verdict=wrong]"))
    expect(turn.locator(".told")).to_contain_text("Noted as wrong")
    expect(tab.locator("#right-answer")).to_be_in_viewport()
    hand.right_answer("Ole Winther")
    expect(tab.locator("#right-answer")).to_have_value("Ole Winther")
    assert_sound(tab, site)
    hand.send(tab.locator(".correction [type=submit]"))
    expect(turn.locator(".told")).to_contain_text("Noted as the right answer: Ole Winther")
    expect(turn.locator("[data-verdict=wrong]")).to_be_focused()
    (row,) = Feedback(site.settings.index).rows()
    assert row.correction is not None and row.correction.start == LIGHTHOUSE.index("Ole Winther")
    hand.press(turn.locator("[data-verdict=wrong]"))
    expect(turn.locator(".told")).to_have_text("Taken back.")
    assert Feedback(site.settings.index).rows() == []
