"""Language: which language a few words are likely to be of, from the little words they hold.

A cheap guess for one question, whether a word is meant in the sense it has in some language. It
reads folded words (no accents), looks each up once, and says nothing where it has no evidence.
Nobody's comment is judged by its language.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cache
from typing import Final

_LITTLE_WORDS: Final = {
    "en": """the a and of to in is are was were be been it that this you your for with not have has
        had on at from by but what which who they their he she his her we our i my me would could
        should will can do does did there about just like if or an as so all no how when why these
        those out over get got up down back them him some any more than then into now know say
        said such because being here one much very even still never ever most again
        where people man time come go going gone make made take see only
        really too u ur im dont cant lol rt ain t re ve ll am off yo yall""",
    "de": """der die das und ist sind war nicht ein eine einen einem einer es ich du er sie wir ihr
        mit von zu zum zur auf fur den dem des im am bei aus nach auch noch nur schon sehr wenn
        aber oder wie was wer mir mich dir dich sich haben hat wird werden kann man dass uber
        hier mein meine dein deine kein keine als so doch mal bin bist""",
    "fr": """le la les un une des du de et est sont pas ne que qui dans pour sur avec ce cette ces
        je tu il elle nous vous ils elles mon ma mes ton ta tes son sa ses leur au aux en par mais
        ou plus tres bien etait etre avoir ont fait tout tous comme quand si se c d l j n qu quel
        quelle quels quelles suis""",
    "es": """el la los las un una unos unas de del y es son no que en por para con su sus se lo le
        les mi tu yo me te nos pero como mas muy ya esta este esto ese eso hay al si porque cuando
        donde fue ser tiene todo todos tambien eres hoy buenas buenos gracias ella ellos""",
    "pt": """o a os as um uma de do da dos das e em no na nos nas que nao por para com se eu tu ele
        ela voces voce meu minha seu sua isso isto este esta esse essa mas como mais muito ja foi
        ser tem sao esta ao aos pelo pela porque quando tambem so ate obrigado obrigada""",
    "it": """il lo la i gli le un una uno di del della dei delle dello e che non per con su da dal
        dalla nel nella sono ho hai ha abbiamo hanno mi ti si ci vi me te ma come piu molto anche
        questo questa quello quella era essere se perche quando tutto tutti al alla alle sei grazie
        mio mia tuo tua suo sua ai nei""",
    "ca": """el la els les un una i de del dels amb que no per es son molt aixo aquest aquesta pero
        com mes ja hi ha va al als gracies meu meva seva tambe quan jo tu ell ella nosaltres""",
    "ro": """si de la un o in pe cu nu este sunt ca sa se mai din pentru care am ai are fi fost
        foarte dar daca cum ce eu tu el ea noi voi asta acest aceasta prin dupa multumesc cel""",
    "nl": """de het een en van ik je jij dat is die niet te zijn op aan met voor er maar om dan zou
        of wat mijn zo als ook door over uit bij naar nog wel geen hij zij ze wij we jullie deze
        dit heeft heb hebben wordt kan moet waar heel erg goed nu was""",
    "sv": """och att det som en ett ar pa for av med den till inte har jag han hon vi ni du de
        var om men sa kan nar fran eller nu mycket ocksa alla bara vara mig dig min din blir skulle
        efter vid ska har dar hur vad igen dag""",
    "da": """og at det som en et er pa for af med den til ikke har jeg han hun vi i du de var om men
        sa kan nar fra eller nu meget ogsa alle bare vaere mig dig min din bliver skulle efter ved
        skal her der hvor hvad hvordan mit dit godt""",
    "nb": """og at det som en et er pa for av med den til ikke har jeg han hun vi dere du de var om
        men sa kan nar fra eller na mye ogsa alle bare vaere meg deg min din blir skulle etter ved
        skal her der hvor hva hvordan mitt ditt ikkje eg""",
    "is": """og ad thad sem en er a fyrir af med til ekki hefur eg hann hun vid thu var um en svo
        sagdi vera mig thig minn thinn eru thetta allt mjog lika nuna takk""",
    "fi": """ja on ei se etta en ole oli mutta niin kun kuin han mina sina me te he myos joka mita
        jos vain nyt hyvin ovat tama tuo siita minun sinun viela sen kaikki kanssa oikein""",
    "et": """ja on ei see et ma sa ta me te nad oli aga kui ka mis kes oma selle seda nii siis veel
        vaga koik juba minu sinu pole""",
    "hu": """a az es hogy nem is egy van volt meg de ez azt ha csak mar en te o mi ti ok mint nagyon
        vagy kell lesz lehet itt ott ami aki minden jo ezt sem""",
    "pl": """i w na z ze sie nie to jest do jak ale o co tak za od po by byl byla ja ty on ona my wy
        oni mnie ciebie moj twoj dla przez juz tylko tego bardzo czy jeszcze sa te ten ta""",
    "cs": """a je se v na to ze s z do i o ale jak jsem jsi jsou byl byla bylo by co tak pro po za
        ne neni uz jen jako ktery ktera velmi moc mam mas jeste nebo kde kdy proc""",
    "sk": """a je sa v na to ze s z do i o ale ako som si su bol bola bolo by co tak pre po za nie
        uz len ktory ktora velmi mam mas este alebo kde kedy preco""",
    "hr": """i je u na se da za ne sam si su od s o a ali to kao sto bio bila bi iz ili kako ovo
        samo jos vrlo sve ima nije ste smo hvala koji koja""",
    "sl": """in je na se da za ne sem si so od s z v o pa ali to kot ki bil bila bi iz kako samo se
        zelo vse ima ni smo ste hvala tudi""",
    "tr": """ve bir bu da de icin ile cok ne o ben sen biz siz onlar mi mu degil var yok gibi ama
        daha en kadar olarak olan her sonra simdi iyi bana sana ki ya tesekkurler""",
    "id": """yang dan di ini itu dengan untuk dari tidak ada akan pada saya kamu anda dia kami kita
        mereka juga sudah bisa atau karena ke oleh lebih sangat apa bagaimana terima kasih""",
    "vi": """va la cua co khong mot nhung toi ban anh chi em no cho voi nay do duoc nguoi rat cung
        nhu de trong khi da se thi ma lai di hay cam""",
    "tl": """ang ng sa na mga ay at ako ikaw siya kami tayo sila ko mo niya hindi ito iyon po naman
        lang din rin kung para may wala salamat""",
    "lv": """un ir ar no par ka kas tas ta es tu vins vina mes jus nav bet ari loti vai lai bija""",
    "lt": """ir yra kad bet su is del tai as tu jis ji mes jus ne kaip labai ar buvo jau tik""",
    "la": """et in est non ad cum sed ut qui quae quod ex ab per sunt esse si nec atque laude""",
    "sw": """na ya wa ni kwa katika hii hiyo sana lakini kama mimi wewe yeye sisi asante cha za""",
    "ru": """и в не на я что он она с как это по но мы вы ты они из у за от так же все его ее был
        была было мне меня тебя очень только уже если или когда для спасибо""",
    "uk": """і в не на я що він вона з як це по але ми ви ти вони із у за від так же все його її був
        була було мені мене тебе дуже тільки вже якщо або коли для дякую та й є""",
    "bg": """и в не на аз че той тя с как това по но ние вие ти те от за така е са беше ми ме те
        много само вече ако или когато за благодаря да се""",
    "el": """και το η ο τα οι να του της δεν ειναι με που για στο στη στην σε απο θα μου σου μας σας
        τον την τους ενα μια αλλα οτι πολυ ειμαι εισαι αυτο ειχε εχει πως τι""",
}  # fmt: skip

_EVIDENCE: Final[defaultdict[str, list[str]]] = defaultdict(list)
for _language, _words in _LITTLE_WORDS.items():
    for _word in set(_words.split()):
        _EVIDENCE[_word].append(_language)

LANGUAGES: Final = frozenset(_LITTLE_WORDS)
"""The languages that can be guessed, by their codes (ISO 639-1)."""
NAMES: Final = dict(
    zip(
        """en de fr es pt it ca ro nl sv da nb is fi et hu pl cs sk hr sl tr id vi tl lv lt la sw ru
        uk bg el""".split(),
        """English German French Spanish Portuguese Italian Catalan Romanian Dutch Swedish Danish
        Norwegian Icelandic Finnish Estonian Hungarian Polish Czech Slovak Croatian Slovenian
        Turkish Indonesian Vietnamese Tagalog Latvian Lithuanian Latin Swahili Russian Ukrainian
        Bulgarian Greek""".split(),
        strict=True,
    )
)
"""What they are called."""


_OF_ENGLISH: Final = frozenset(word for word, of in _EVIDENCE.items() if of == ["en"])
_ENOUGH: Final = 2


def is_little(language: str, word: str) -> bool:
    """Whether a folded word is one of the little words of a language."""
    return language in _EVIDENCE.get(word, ())


@cache
def little_words(language: str) -> frozenset[str]:
    """The little words of a language, folded."""
    return frozenset(_LITTLE_WORDS[language].split())


def is_surely_english(words: Iterable[str]) -> bool:
    """True where two different folded words are little words of English alone; cheaply told."""
    return len(_OF_ENGLISH.intersection(words)) >= _ENOUGH


def weigh(words: Iterable[str]) -> Counter[str]:
    """How many of the folded words are little words of each language; each form counts once."""
    found: dict[str, int] = {}
    for word in _EVIDENCE.keys() & words:
        for language in _EVIDENCE[word]:
            found[language] = found.get(language, 0) + 1
    return Counter(found)


def likely(near: Counter[str], whole: Counter[str]) -> frozenset[str]:
    """The languages that most little words near by speak for, ties broken by the whole text.

    Empty where there is no evidence at all; several where they cannot be told apart.
    """
    evidence = near or whole
    best = _best(evidence)
    return _best(Counter({lang: whole[lang] for lang in best})) if len(best) > 1 else best


def _best(evidence: Counter[str]) -> frozenset[str]:
    most = max(evidence.values(), default=0)
    return frozenset(lang for lang, count in evidence.items() if count == most)
