"""The facts of `prose_items`: how a text states them, and how people ask for them in other words.

In a template `[d1]` is a piece that answers a question, `{x}` a word that does not; both are filled with the values of
the same name. A fact that is left out of a text gives questions that the text does not answer.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fact:
    stated: list[str]
    asked: dict[str, list[str]]  # by the piece that answers


FACTS = [
    Fact(
        [
            "In [d1], {org} renewed the {work} for a {nth} {what}, which premiered on [d2] and ended on [d3].",
            "{org} ordered a {nth} {what} in [d1]; it came out on [d2] and concluded on [d3].",
            "The {nth} {what}, which {org} had approved in [d1], opened on [d2] and closed on [d3].",
            "The {nth} {what} was announced in [d1]. It started on [d2], and its last part followed on [d3].",
        ],
        {
            "d1": [
                "When was the {nth} {what} ordered?",
                "When did {org} give the {nth} {what} the go-ahead?",
                "When was the {work} renewed for a {nth} {what}?",
                "When was a {nth} {what} approved?",
                "When was it decided to make a {nth} {what}?",
                "date of the green light for {what} {n}",
                "When did {org} commit to {what} {n}?",
            ],
            "d2": [
                "When did the {nth} {what} start?",
                "When did {what} {n} come out?",
                "What was the first day of {what} {n}?",
                "When was the {nth} {what} first to be seen?",
                "On what date did {what} {n} begin?",
            ],
            "d3": [
                "When did the {nth} {what} finish?",
                "On what date did {what} {n} end?",
                "What was the date of the last part of {what} {n}?",
                "When was the final day of the {nth} {what}?",
                "When did the {nth} {what} conclude its run?",
            ],
        },
    ),
    Fact(
        [
            "{What} {n} ran from [d2] to [d3] and has [k] {parts}.",
            "The {nth} {what} consists of [k] {parts}, the first of which was shown on [d2] and the last on [d3].",
            "With [k] {parts}, the {nth} {what} began on [d2] and went on until [d3].",
        ],
        {
            "k": ["How many {parts} does {what} {n} have?", "How many {parts} are in the {nth} {what}?"],
            "d2": ["When did {what} {n} begin?", "When was the first of the {parts} of {what} {n} shown?"],
            "d3": [
                "When did {what} {n} end?",
                "When was the last of the {parts} of the {nth} {what}?",
                "When did the {nth} {what} finish its run?",
                "On what date will the {nth} {what} be over?",
            ],
        },
    ),
    Fact(
        [
            "Work on the {nth} {what} began in [m1] and wrapped in [m2], after a break because [cause].",
            "Filming of the {nth} {what} started in [m1], was interrupted because [cause], and ended in [m2].",
            "The {nth} {what} went into production in [m1]. Since [cause], it was only completed in [m2].",
        ],
        {
            "m1": [
                "When did work on the {nth} {what} start?",
                "When did the cameras first roll for {what} {n}?",
                "When did {what} {n} go into production?",
            ],
            "m2": ["When was the {nth} {what} finished?", "When did production of {what} {n} end?"],
            "cause": [
                "Why was work on the {nth} {what} interrupted?",
                "What held up {what} {n}?",
                "What was the reason for the break in {what} {n}?",
                "Why did {what} {n} take longer?",
            ],
        },
    ),
    Fact(
        [
            "It was directed by [p1] from a script by [p2], with music by [p3].",
            "[p1] directed it, [p2] wrote the script and [p3] the music.",
            "The direction was in the hands of [p1], while [p2] was the writer and [p3] composed the score.",
        ],
        {
            "p1": ["Who directed the {work}?", "Who was the director?", "Who was in charge of the direction?"],
            "p2": ["Who wrote the script?", "Who is the writer of the {work}?", "Whose script is it?"],
            "p3": [
                "Who composed the score?",
                "Who wrote the music for the {work}?",
                "Who is responsible for the music?",
            ],
        },
    ),
    Fact(
        [
            "The story is set in [place] in [decade], and {what} {n} in [year].",
            "It takes place in [place]. The beginning is set in [decade]; the {nth} {what} moves on to [year].",
        ],
        {
            "place": ["Where is the {work} set?", "Where does the story take place?"],
            "decade": ["In which decade does the {work} begin?", "When is the beginning of the story set?"],
            "year": [
                "In what year is the {nth} {what} set?",
                "What year is it in {what} {n}?",
            ],
        },
    ),
    Fact(
        [
            "The {nth} {what} cost [money] to make, which was paid by [org2].",
            "[org2] paid [money] for the {nth} {what}.",
        ],
        {
            "money": [
                "How much did the {nth} {what} cost?",
                "What was the budget of {what} {n}?",
                "How much money was spent on {what} {n}?",
                "How expensive was the {nth} {what}?",
            ],
            "org2": ["Who paid for {what} {n}?", "Who financed the {nth} {what}?"],
        },
    ),
    Fact(
        [
            "{p4} was forced to [act] because [cause].",
            "Because [cause], {p4} had to [act].",
            "As [cause], {p4} decided to [act].",
        ],
        {
            "cause": [
                "Why did {p4} {act_said}?",
                "What made {p4} {act_said}?",
                "For what reason did {p4} {act_said}?",
                "What led {p4} to {act_said}?",
            ],
            "act": ["What did {p4} have to do?", "What did {p4} decide to do?"],
        },
    ),
    Fact(
        ["{p5} [did] in order to [aim].", "To [aim], {p5} [did].", "{p5} [did] so as to [aim]."],
        {
            "aim": [
                "Why did {p5} do that?",
                "What was {p5}'s aim?",
                "What did {p5} hope for?",
                "To what end did {p5} act?",
            ],
            "did": ["What did {p5} do to {aim_said}?", "How did {p5} try to {aim_said}?"],
        },
    ),
    Fact(
        [
            "[p6] and [p7] joined as [r1] and [r2], respectively; {p8} was added in an undisclosed role.",
            "[p6] was cast as [r1] and [p7] as [r2]. {p8} joined too.",
            "New faces are [p6], who plays [r1], [p7], who plays [r2], and {p8}.",
        ],
        {
            "p6": ["Who plays {r1}?", "Which actor portrays {r1}?", "{r1} actor"],
            "p7": ["Who plays {r2}?", "By whom is {r2} portrayed?"],
            "r1": ["Which character does {p6} play?", "Whom does {p6} portray?"],
            "r2": ["What role does {p7} have?", "As whom was {p7} cast?"],
            "": [
                "Which character does {p8} play?",
                "Whom does {p8} portray?",
                "What is the name of {p8}'s character?",
                "How old is {p6}?",
                "How does {r1} die?",
                "Who is {r2} married to?",
            ],
        },
    ),
    Fact(
        [
            "In [y1], [p9] bought [house] from [p10].",
            "[p9] took over [house] in [y1], when [p10] retired.",
            "[house] passed from [p10] to [p9] in [y1].",
        ],
        {
            "p9": ["Who owns {house_said} now?", "To whom does {house_said} belong?", "Who bought {house_said}?"],
            "p10": ["Who had {house_said} before {p9}?", "From whom did {p9} get {house_said}?"],
            "house": ["What does {p9} own?", "What did {p9} acquire?", "Which place belongs to {p9}?"],
            "y1": ["In what year did {p9} get {house_said}?", "When did {house_said} change hands?"],
            "": ["How much did {p9} pay for {house_said}?", "Who was the first owner of {house_said}?"],
        },
    ),
    Fact(
        [
            "The {loss} [effect] and turned [old] into [new].",
            "After the {loss}, which [effect], [old] became [new].",
        ],
        {
            "effect": [
                "What did the {loss} do?",
                "What was the effect of the {loss}?",
                "What came of the {loss}?",
                "How did the {loss} change things?",
            ],
            "new": ["What did {old_said} become?", "What became of {old_said}?"],
            "old": ["Who became {new_said}?", "Which people are {new_said} now?"],
        },
    ),
    Fact(
        [
            "[p11] defeated [p12] in the election of [y2] and became [post].",
            "In [y2], [p11] was elected [post] against [p12].",
        ],
        {
            "p11": ["Who won the election?", "Who was elected {post_said}?", "Who became {post_said}?"],
            "p12": ["Who lost to {p11}?", "Who was {p11}'s opponent?"],
            "y2": ["When was {p11} elected?", "In what year did {p11} become {post_said}?"],
            "": ["How many votes did {p11} get?"],
        },
    ),
    Fact(
        ["In [y3], {p13} became {post2}.", "{p13} has been {post2} since [y3]."],
        {
            "y3": ["When did {p13} become {post2}?", "Since when has {p13} been {post2}?"],
            "": [
                "Who was {p13}'s opponent?",
                "Who was {post2} before {p13}?",
                "How many votes did {p13} get?",
                "Who appointed {p13}?",
            ],
        },
    ),
    Fact(
        [
            "The first {few} {whats} can be seen at [shop]; tickets are sold by [org3].",
            "All earlier {whats} are available at [shop], and [org3] sells the guide.",
        ],
        {
            "shop": [
                "Where can one see the earlier {whats}?",
                "Where are the first {whats} to be had?",
                "Where can the earlier {whats} be found?",
            ],
            "org3": ["Who sells them?"],
            "": ["How much does it cost to see the earlier {whats}?"],
        },
    ),
    Fact(
        ["The opening part, “[name]”, was written by [p14].", "[p14] wrote “[name]”, the part with which it opens."],
        {
            "name": ["What is the title of the opening part?", "What is the first part called?"],
            "p14": ["Who wrote the opening part?", "Who is the author of “{name}”?"],
            "": ["Who directed the opening part?", "How long is the opening part?"],
        },
    ),
    Fact(
        ["The opening part was praised by {org4}.", "{org4} reviewed the opening part in [y4]."],
        {
            "y4": ["When did {org4} review the opening part?"],
            "": [
                "What is the title of the opening part?",
                "Who directed the opening part?",
                "Which critic of {org4} wrote the review?",
                "What rating did {org4} give?",
            ],
        },
    ),
    Fact(
        [
            "On {site}, {what} {n} has a score of [pct] from [k2] reviews.",
            "{site} counts [k2] reviews of the {nth} {what}, [pct] of them good.",
        ],
        {
            "pct": ["What did {site} give {what} {n}?", "What is the {nth} {what}'s score on {site}?"],
            "k2": [
                "How many reviews of {what} {n} does {site} count?",
                "On how many reviews is the score of {what} {n} based?",
            ],
        },
    ),
    Fact(
        [
            "[q1] is the {office} of the {body}; the {body2} is run by [q2].",
            "The {body} has [q1] as its {office}. [q2] runs the {body2}.",
            "[q2] looks after the {body2}, [q1] is {office} of the {body}.",
        ],
        {
            "q1": ["Who is the {office} of the {body}?", "Who is {office} at the {body}?", "{body} {office}"],
            "q2": ["Who runs the {body2}?", "Who is in charge of the {body2}?"],
            "": [
                "Who is the {office} of the {body2}?",
                "Who is the {office2} of the {body}?",
                "What is the telephone number of the {body}?",
                "How much does {q2} earn?",
                "Since when has {q1} been the {office}?",
            ],
        },
    ),
    Fact(
        [
            "The {thing} was put in in [y5] and is [metres] long.",
            "The {thing}, [metres] long, dates from [y5].",
            "In [y5] the {thing} was put in because [cause2].",
            "[q3] put in the {thing} for [price].",
        ],
        {
            "y5": ["When was the {thing} put in?", "How old is the {thing}?", "year of the {thing}"],
            "metres": ["How long is the {thing}?", "What is the length of the {thing}?"],
            "cause2": ["Why was the {thing} put in?", "What was the reason for the {thing}?"],
            "q3": ["Who put in the {thing}?", "Who installed the {thing}?"],
            "price": ["How much did the {thing} cost?", "What was paid for the {thing}?"],
            "": ["How heavy is the {thing}?", "Which company insures the {thing}?", "How much did the {thing2} cost?"],
        },
    ),
    Fact(
        [
            "The {body} is open from [h1] to [h2], except on [weekday].",
            "The {body} opens at [h1] and shuts at [h2]; [weekday] is its day of rest.",
        ],
        {
            "h1": ["When does the {body} open?", "From what time can one get into the {body}?"],
            "h2": ["Until when is the {body} open?", "At what time does the {body} close?"],
            "weekday": ["On which day is the {body} closed?", "When is the {body} shut all day?"],
            "": [
                "When does the {body2} open?",
                "What is the entrance fee of the {body}?",
                "How long is the {body}?",
                "What is the name of the {body}?",
                "Who opens the {body}?",
                "Where is the {body}?",
            ],
        },
    ),
    Fact(
        [
            "The {body2} was painted [colour] in [y6].",
            "[q4] painted the {body2} [colour].",
            "The {body2} is [colour] since [cause3].",
        ],
        {
            "colour": ["What colour is the {body2}?", "In which colour was the {body2} painted?"],
            "y6": ["When was the {body2} painted?"],
            "q4": ["Who painted the {body2}?", "Who painted the {body2} {colour}?"],
            "cause3": ["Why is the {body2} {colour}?"],
            "": ["What did it cost to paint the {body2}?", "How many windows does the {body2} have?"],
        },
    ),
    Fact(
        [
            "{q5} was away in {month}, so [q6] took the {meeting}.",
            "As {q5} was away in {month}, the {meeting} was taken by [q6].",
        ],
        {
            "q6": ["Who took the {meeting}?", "Who stood in for {q5} in {month}?"],
            "": [
                "Why was {q5} away in {month}?",
                "Where was {q5} in {month}?",
                "How long was {q5} away?",
                "What was decided at the {meeting}?",
            ],
        },
    ),
    Fact(
        [
            "A new {thing2} has been ordered from [firm]; the {body} pays [part_paid] of it.",
            "The {body} will pay [part_paid] of the new {thing2}, which [firm] is to deliver.",
        ],
        {
            "firm": ["Who delivers the {thing2}?", "From which firm does the {thing2} come?"],
            "part_paid": [
                "How much of the {thing2} does the {body} pay?",
                "Which part of the {thing2} does the {body} pay?",
            ],
            "": [
                "What will the {thing2} cost?",
                "When will the {thing2} arrive?",
                "Who pays the rest of the {thing2}?",
                "Which firm insures the {body}?",
            ],
        },
    ),
    Fact(
        [
            "{q7} came to the {body2} in [y7] and retired as {office2} [term] later.",
            "In [y7], {q7} joined the {body2}, and stayed for [term], in the end as {office2}.",
        ],
        {
            "y7": ["When did {q7} come to the {body2}?", "In what year did {q7} join the {body2}?"],
            "term": ["How long did {q7} stay at the {body2}?", "For how long was {q7} at the {body2}?"],
            "": [
                "How old was {q7} on joining the {body2}?",
                "Who came after {q7} as {office2}?",
                "Where was {q7} born?",
                "Why did {q7} leave the {body2}?",
                "Who is the {office2} of the {body}?",
            ],
        },
    ),
]

BODIES = """library;swimming pool;clinic;youth club;choir;theatre;brewery;allotment society;sailing school;observatory
chapel;market hall;print shop;dairy;fire station;bakery;college;lighthouse;cinema;repair shop;archive;boathouse"""
OFFICES = """treasurer;secretary;caretaker;manager;deputy head;chair;clerk;accountant;steward;warden;press officer
bookkeeper;safety officer"""
THINGS = """boiler;lift;organ;footbridge;fence;conveyor;water pipe;jetty;ventilation shaft;crane;pipeline;slide
greenhouse;kiln;ramp;solar roof;oven;cable car;drain;stage curtain;water tank"""
COLOURS = "green;dark red;yellow;white;blue;ochre;black and white;light grey"
MEETINGS = "annual meeting;first-aid course;budget round;spring concert;inspection;autumn sale;staff meeting"
PARTS_PAID = "a third;two thirds;half;a quarter;20 percent;three fifths;most"
TERMS = "nine years;two decades;eighteen months;six years;thirty-one years;four seasons"
HOURS = "7 a.m.;8:30;nine o'clock;10 am;noon;6.15"
EVENINGS = "5 p.m.;half past six;18:00;seven o'clock;9.30 pm;dusk"

CAUSES = """the river had flooded the hall;a strike closed the harbour;the main sponsor withdrew
the roof was found to leak
half of the crew fell ill;the permits came too late;a fire destroyed the stores;the winter was unusually hard
the money had run out;the old engine could not be repaired;the council demanded a new plan;the road was blocked by snow
its founder had died suddenly;two of the partners quarrelled;the instruments gave wrong readings;a storm sank the ferry
the rival firm was first;nobody had kept the drawings;the price of copper doubled"""
ACTS = """sell the workshop;leave the town;cancel the tour;rebuild the bridge;hire new staff;start again from nothing
close the archive;move the office to the coast;give up the race;ask the bank for help;hand over the keys
change the route"""
AIMS = """win back the readers;save fuel;keep the school open;reach the island before winter;protect the old trees
prove that the chart was wrong;bring the families together;pay off the debt;train young sailors;find the lost letters"""
DIDS = """opened a second kitchen;wrote to every mayor;built a smaller boat;planted hedges along the dyke
lowered the fees
learned to fly;invited the critics;moved the date;bought a used press;walked the whole border;lent out the archive"""
HOUSES = "the Anchor Inn;the Old Mill;Café Linden;the Harbour Bar;the Blue Door;Farrow's Garage;Villa Rosa"
LOSSES = "defeat;lost race;failed landing;closing of the mine;collapse of the bridge;late start;accident at the dam"
EFFECTS = """drove half of the guests away;cost the mayor her office;emptied the treasury
set off a new round of building;divided the village;brought the two towns closer;ended the monopoly of the railway"""
OLDS = "former rivals;bitter enemies;strangers;competitors;old adversaries;sceptics"
NEWS = "trusted partners;close friends;allies;loyal customers;valuable helpers;good neighbours"
POSTS = "mayor of the town;head of the guild;president of the club;chair of the board;governor of the island"
SITES = "Bookmeter;Critics Board;Stagewatch;Scorecard;Filmscale"
