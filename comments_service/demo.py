"""The demo's newspaper: a small publisher that uses the service as any other would.

It knows the service by its address alone: its pages carry the tags of `docs/embed.md` and nothing
else. It runs on another port than the service, so that everything between them is cross-origin. It
must not import anything of the service.
"""

from datetime import date
from pathlib import Path
from typing import Final

from flask import Flask, abort, redirect, render_template, request, url_for
from msgspec import Struct
from werkzeug.wrappers import Response

SITE: Final = "gazette"
"""The newspaper's site slug, under which the demo registers its origin."""


class Article(Struct, frozen=True):
    """One story as it is printed."""

    slug: str
    section: str
    title: str
    standfirst: str
    byline: str
    date: date
    text: str
    """Paragraphs, with an empty line between them."""

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The text as it is set."""
        return tuple(self.text.strip().split("\n\n"))

    @property
    def day(self) -> str:
        """The date as it is printed: 22 November 2026."""
        return f"{self.date.day} {self.date:%B %Y}"


ARTICLES: Final = (
    Article(
        slug="last-tram-learns-to-wait",
        section="City",
        title="The last tram learns to wait",
        standfirst="For a trial month, line 4 leaves the harbour only once the ferry is in.",
        byline="City desk",
        date=date(2026, 11, 22),
        text="""
Every night at 23:52 the last tram of line 4 used to close its doors at the harbour stop. Every
night at 23:54, give or take a swell, the last ferry used to let down its ramp. Between the two
lay a hundred metres of wet cobbles and a sprint that few people with luggage ever won.

Since Monday the tram waits. A lamp on the quay, wired by two apprentices from the depot with
parts that cost less than a monthly ticket, turns green when the ferry is moored and empty.
Until it does, the driver stays where he is, for eight minutes at most.

The first week’s figures are modest and cheerful. Eleven passengers a night were spared the walk
up Ropewalk Hill; the tram reached its terminus four minutes late on average, at an hour when
nobody was there to notice. One regular told our reporter that she had run for that tram since
1998 and felt slightly cheated.

The transport office will decide in January whether the lamp stays. It has asked riders to say
what they think, and so do we: the column below is open.
""",
    ),
    Article(
        slug="library-lends-silence",
        section="Culture",
        title="The library that lends out silence",
        standfirst="A reading room without a signal has become the hardest seat to get in town.",
        byline="Culture desk",
        date=date(2026, 11, 21),
        text="""
The map room of the old public library was never meant to be quiet. Its walls were lined with
copper in 1931 to keep the damp from the atlases, and it took ninety years for anybody to notice
that no telephone works inside.

When the maps moved to a dry cellar last spring, the librarians left the copper, brought in
twenty chairs and put a sheet of paper on the door: one hour, first come, first served. They
expected a few students before the examinations. By September there was a queue at opening time,
and a retired piano tuner had started to keep its order.

What people do inside is not remarkable. They read, or write letters, or look at the ceiling,
where a painted wind still blows from four corners. One visitor comes to think about a single
chess position. Another admits that she sleeps, but, she says, better than at home.

The city has been asked for a second room. The only candidate with the right walls is the former
bank vault on Mill Street, which has excellent copper and, at present, a very popular bar.
""",
    ),
    Article(
        slug="bakers-dozen-is-fourteen",
        section="Food",
        title="A baker’s dozen is now fourteen",
        standfirst="Queues are longer, and one bakery has answered with arithmetic.",
        byline="Food desk",
        date=date(2026, 11, 20),
        text="""
The custom of the thirteenth roll is said to go back to a time when a baker who sold short could
lose an ear. Nobody at the corner of Canal Row and Weir Lane has lost anything lately, but since
the first of the month a dozen rolls there come to fourteen.

The reason is a machine. The new divider cuts dough in rows of seven, and two rows fill a tray.
Selling twelve meant that two rolls stood about until noon, when they were crumbled for the
ducks. The ducks, a sign in the window notes, have been informed.

Competitors are watching with interest and some irritation. A rival across the canal has gone
back to selling by weight, “which was good enough for the Romans”. A third offers a dozen of
twelve, at a lower price, with a certificate.

Our own test, made on three mornings by the whole desk, found the fourteenth roll
indistinguishable from the first, and gone just as quickly. Readers with other findings, and
above all those who can tell us what became of the ducks, are asked to come forward below.
""",
    ),
    Article(
        slug="swifts-return-to-tower-nine",
        section="Nature",
        title="Swifts return to Tower Nine",
        standfirst="The housing block was to be clad by summer. Then somebody counted the holes.",
        byline="Nature desk",
        date=date(2026, 11, 18),
        text="""
Tower Nine is not a beautiful building. It has sixteen floors, a lift with opinions and a façade
of concrete panels whose joints have been opening since the year they were closed. Seen from the
street they are cracks. Seen from Africa, it turns out, they are addresses.

When scaffolding went up in April, the pupils of the school next door were counting birds for a
project and got to sixty-one pairs of swifts. A swift comes back to the hole where it bred, year
after year; if the hole is gone it circles, calls, and raises no young. The pupils wrote to the
housing association. The housing association, to general surprise, wrote back.

The panels are being insulated after all, but each now has a slot of thirty by sixty-five
millimetres with a box behind it: seventy in all, nine to spare. The extra cost came to less
than the scaffolding’s weekly rent.

The birds left in August, as they do, without giving an opinion. The pupils have kept the date
of their return, around the sixth of May, free of homework.
""",
    ),
    Article(
        slug="town-that-repairs-on-thursdays",
        section="Business",
        title="The town that repairs on Thursdays",
        standfirst="Four shops, one workbench and an agreement that fits on a postcard.",
        byline="Business desk",
        date=date(2026, 11, 16),
        text="""
On Thursdays you cannot buy a kettle in Lower Ferry. You can bring one. The four shops in the
high street that sell anything with a plug have agreed that one day a week their tills stay
closed and their workbenches stay open.

It began as a quarrel. Two of the shops had taken to sending customers with broken toasters to
each other, each hoping that the other would say that it was not worth it. The quarrel ended, as
some do, in a pub, with a postcard on which the terms were written: parts at cost, an hour’s
work for the price of a lunch, and an honest answer when nothing can be done.

After half a year the books show something that nobody had foreseen. Thursdays lose a little.
Fridays have become the best day of the week: those who were told that nothing could be done
come back to the person who told them.

Two larger towns have asked for the postcard. It hangs behind the counter of the second shop on
the left, has a ring from a glass on it, and may be copied by anybody.
""",
    ),
    Article(
        slug="goalkeeper-who-studies-wind",
        section="Sport",
        title="The amateur goalkeepers who study the wind",
        standfirst="On the pitch by the estuary, the weather has always played for both sides.",
        byline="Sports desk",
        date=date(2026, 11, 15),
        text="""
The ground of the Estuary Wanderers has one stand, two goals and no shelter. In November the
wind comes up the river at such a rate that a goal kick taken from the eastern end has been
known to cross the line it started from.

Visitors complain. The home side’s goalkeepers, of whom there are three, have begun to take
notes. For two seasons they wrote down the force and direction at kick-off, the height of the
tide and where each high ball came down. The ledger now fills a cupboard in the changing room,
and its lessons fill one sheet of paper that they will not show us.

They did show us the results. Since the sheet was pinned up, the Wanderers have let in nine
goals at home, against thirty-one in the year before. Away from home, where the air stands still
behind tall stands, they are as bad as ever.

The league has had a formal question about whether a tide table counts as coaching from the
touchline. Its answer is expected on a calm day.
""",
    ),
    Article(
        slug="in-praise-of-the-long-way",
        section="Opinion",
        title="In praise of the long way round",
        standfirst="The new bridge saves nine minutes. We would like to know what for.",
        byline="The leader column",
        date=date(2026, 11, 14),
        text="""
The footbridge at the gasworks opened on Saturday with a band, and quite right too. It is
slender, it is lit, it can be crossed with a pram, and it shortens the way from the station to
the market by nine minutes. We counted. We also counted what lies on the way that it replaces.

There is the cobbler who can tell from the sound that you need him. There is the bench with the
wrong date on its plaque. There is a fig tree, forty degrees of latitude from home, that leans
over a wall and is nobody’s. Nine minutes, on foot, is seven hundred metres of town in which
something may happen to you.

None of this is an argument against bridges. Whoever carries shopping, or is late, or is tired,
is owed the short way, and should not be lectured by columnists with good knees. It is an
argument for keeping the long way swept, lit and open, so that one may choose it.

The plan for the towpath closes it in spring “for want of demand”. We demand it. Readers who
disagree will find us walking there, or below.
""",
    ),
)
"""What the paper prints, newest first."""

_BY_SLUG: Final = {article.slug: article for article in ARTICLES}


def create_newspaper(service_url: str, templates: Path) -> Flask:
    """The newspaper as an application of its own.

    Args:
        service_url: where readers' browsers find the service, such as `http://127.0.0.1:8000`.
        templates: the folder that holds `demo/`.
    """
    paper = Flask("comments_service.demo", template_folder=templates, static_folder=None)
    paper.jinja_env.globals.update(service=service_url.rstrip("/"), site=SITE)

    @paper.get("/")
    def home() -> Response:
        return redirect(url_for("front"))

    @paper.get("/demo/")
    def front() -> str:
        return render_template("demo/front.html", articles=ARTICLES)

    @paper.get("/demo/<slug>")
    def article(slug: str) -> str:
        story = _BY_SLUG.get(slug) or abort(404)
        others = [other for other in ARTICLES if other is not story][:3]
        canonical = url_for("article", slug=slug, _external=True)
        return render_template(
            "demo/article.html", article=story, others=others, canonical=canonical
        )

    @paper.after_request
    def guard(response: Response) -> Response:
        """As strict as a publisher can be: the demo proves what `docs/embed.md` asks for."""
        response.headers["Content-Security-Policy"] = "; ".join(
            (
                "default-src 'none'",
                *(f"{kind}-src {service_url}" for kind in ("script", "connect", "frame")),
                "style-src 'self'",
                "img-src data:",
                "base-uri 'none'",
                "form-action 'none'",
                "require-trusted-types-for 'script'",
            )
        )
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
        return response

    @paper.get("/demo/paper.css")
    def stylesheet() -> Response:
        sheet = Response(render_template("demo/paper.css"), mimetype="text/css")
        sheet.add_etag()
        return sheet.make_conditional(request)

    return paper
