"""Languages: what is clean in some language passes, what is abuse in it is found, and where."""

import pytest

from comments_service import checks
from comments_service.checks import lexicon
from comments_service.checks.abuse_model.judge import is_english
from comments_service.checks.report import flag_and_scores
from comments_service.domain.comment import Submission
from comments_service.domain.facts import NO_HISTORY
from comments_service.domain.policy import Policy
from comments_service.domain.verdict import Category
from comments_service.text.reading import Passage
from tests.checks.asking import reasons, verdicts

CLEAN = [
    ("ar", "شكرا على هذا المقال الجميل، تعلمت منه الكثير عن تاريخ المدينة."),
    ("bg", "Благодаря за статията, беше много интересна и добре написана."),
    ("ca", "Gràcies per l'article, m'ha agradat molt la part del retard dels trens."),
    ("ca", "El gos negre del veí va menjar-se les faves i un faig vell."),
    ("cs", "Děkuji za článek, fakt mě to zaujalo a jsem rád, že jste o tom napsali."),
    ("da", "Mit yndlingsfag i skolen var matematik, og det fag er stadig svært."),
    ("da", "Der er fart på i dag, og filmen er slut klokken ni."),
    ("da", "Hun fik et kys på kinden, og så var det slut med festen."),
    ("de", "Das Buch ist dick und die dicke Katze schläft auf dem Sofa."),
    ("de", "Sie nahm damit den Kummer aus meinem Herzen, das war nicht leicht."),
    ("de", "In Fucking in Österreich wurden die Ortsschilder oft gestohlen."),
    ("de", "Der Bauer fährt den Mist auf das Feld und die Pute läuft weg."),
    ("de", "Mein Rat ist: Nehmt das Ass aus dem Spiel, sonst verliert ihr."),
    ("el", "Πολύ ωραίο άρθρο, ευχαριστώ για την ενημέρωση και τον κόπο σας."),
    ("el", "Τα μαλακά μαξιλάρια είναι για τον γάμο της αδερφής μου."),
    ("en", "The con artist had a negroni, and a retardant foam put out the fire."),
    ("en", "Johnny Depp and Ellen DeGeneres met Mr. Garces at the Pajero stand."),
    ("es", "Fui con mi madre a comprar pollas de agua no, pollos, y un vestido negro."),
    ("es", "El tren llegó retrasado una hora y la perra del vecino no paraba de ladrar."),
    ("es", "Este año el cono de helado cuesta más y la zorra ártica duerme."),
    ("es", "La negra noche y el negro carbón: un poema con mucho sentido."),
    ("et", "Aitäh, see kunst on väga hea ja kunstnik on minu sõber."),
    ("eu", "Eskerrik asko artikuluagatik, oso interesgarria izan da."),
    ("fa", "ممنون از مقاله خوب شما، خیلی مفید بود و یاد گرفتم."),
    ("fi", "Kiitos artikkelista, se oli oikein hyvä ja homma toimii nyt."),
    ("fi", "Kunnan uusi kunto on nyt hyvä, ja mitä siitä vielä puuttuu?"),
    ("fr", "Le train a du retard et je suis sous la douche avec un duché en tête."),
    ("fr", "Il joue con brio, et la chatte de la voisine dort sur un fagot de bois."),
    ("fr", "Les bites d'amarrage du port et le cul-de-sac de la rue sont à repeindre."),
    ("ga", "Go raibh maith agat as an alt seo, bhí sé an-suimiúil ar fad."),
    ("he", "תודה רבה על הכתבה המעניינת, למדתי ממנה המון דברים חדשים."),
    ("hi", "इस लेख के लिए धन्यवाद, मुझे यह बहुत अच्छा लगा।"),
    ("hr", "Hvala na članku, jednom u životu treba ići tim putem, a puta ima mnogo."),
    ("hu", "Köszönöm a cikket, nagyon jó volt és a fagyi is finom a fog mellett."),
    ("id", "Terima kasih atas artikel ini, anda sangat membantu dan saya sama sekali tidak bosan."),
    ("is", "Takk fyrir greinina, þetta var mjög gott og ég hef lært mikið."),
    ("it", "Mi piace la carne con l'insalata di finocchio e il lardo di Colonnata."),
    ("it", "Che fico! Il fico del nonno è pieno di frutti e il bimbo li mangia."),
    ("it", "La guerra di Troia e il cavallo di Troia sono nel libro di storia."),
    ("it", "Ho mangiato le penne al dente e la passera sta sul ramo."),
    ("ja", "とても良い記事でした。ありがとうございます。勉強になりました。"),
    ("ko", "좋은 기사 감사합니다. 많은 것을 배웠습니다."),
    ("la", "Magna cum laude studia sua confecit et in urbem rediit."),
    ("lt", "Ačiū už straipsnį, jis man labai patiko ir buvo naudingas."),
    ("lv", "Paldies par rakstu, tas bija ļoti labs un noderīgs."),
    ("nb", "Dette faget er slutt nå, men fart er ikke alt i livet."),
    ("nb", "Mora skal føde i mai, og vi slutter å prate om det nå."),
    ("nl", "De bellen gaan en we kunnen nog hoes en dik papier kopen, maar hoe laat is het?"),
    ("nl", "Ik kook vandaag en mijn loon is ten nutte van het hele huis."),
    ("pl", "Dziękuję za artykuł, fakt jest taki, że gra na fagocie to nie jest but."),
    ("pl", "Mam fagot i cum laude, ale to nie jest ten sam rak co za rzeką."),
    ("pt", "O bolo está com mofo sob a mesa e o duche não funciona por causa do retardo."),
    ("pt", "A fila, ou bicha, para o pão estava enorme e o rapaz usava um fato negro."),
    ("pt", "O pinto amarelo e a vaca leiteira são da minha avó em Maricá."),
    ("ro", "Nu știu cum se face asta, dar am fost foarte mulțumit de articol."),
    ("ru", "Спасибо за статью, очень интересно. Хлеба и небеса, команда и рубля."),
    ("ru", "Козла отпущения искали недолго, а хрен с горчицей был вкусный."),
    ("sk", "Ďakujem za článok, fakt ma to zaujalo a som rád, že ste ho napísali."),
    ("sl", "Hvala za članek, zelo mi je bil všeč in fakt drži."),
    ("sq", "Faleminderit për artikullin, ishte shumë interesant dhe i dobishëm."),
    ("sr", "Хвала на чланку, веома је занимљив и добро написан."),
    ("sv", "Filmen är slut och bilens fart var hög, men det var bra ändå."),
    ("sv", "Jag fick en prick på spiken i facket och hon ska föda i maj."),
    ("sv", "Slutet av filmen var bra, men nu är det slut."),
    ("sw", "Asante sana kwa makala hii, nimejifunza mengi kuhusu mji wetu."),
    ("th", "ขอบคุณสำหรับบทความดีๆ ได้ความรู้เยอะมาก"),
    ("tl", "Salamat sa artikulo, puti ang bahay namin at masaya ako."),
    ("tr", "Bu yazı için çok teşekkürler, sık sık okuyorum ve as takım da iyi."),
    ("uk", "Дякую за статтю, дуже цікаво. Команда, шабля і корабля, хрін з буряком."),
    ("vi", "Cảm ơn bạn Phúc và chị Bích, bài viết này rất hay và hữu ích."),
    ("zh", "谢谢你的文章,写得非常好,我学到了很多东西。"),
]


def test_many_languages_are_looked_at() -> None:
    assert len({language for language, _ in CLEAN}) >= 25


@pytest.mark.parametrize(("language", "text"), CLEAN)
def test_what_is_clean_in_its_language_is_not_held(language: str, text: str) -> None:
    found = checks.run(Submission("Reader", text), NO_HISTORY, Policy())
    assert not flag_and_scores(found).flag, [v.message for v in found.verdicts]


# Languages whose little words are not known, and others in English letters.
UNKNOWN = [
    ("af", "Baie dankie vir die artikel, dit was regtig interessant en goed geskryf."),
    ("cy", "Diolch yn fawr am yr erthygl, roedd yn ddiddorol iawn i mi."),
    ("gl", "Moitas grazas polo artigo, gustoume moito a parte dos trens."),
    ("zu", "Ngiyabonga kakhulu ngalesi sihloko, ngifunde okuningi namuhla."),
    ("ha", "Na gode sosai da wannan labari, ya taimaka mini kwarai da gaske."),
    ("yo", "E se pupo fun nkan yii, o dun mi lokan gan ni."),
    ("mt", "Grazzi hafna tal-artiklu, kien interessanti ħafna u miktub tajjeb."),
    ("lb", "Merci fir den Artikel, dat war wierklech interessant an gutt geschriwwen."),
    ("eo", "Dankon pro la artikolo, ĝi estis tre interesa kaj bone verkita."),
    ("az", "Məqalə üçün çox sağ olun, çox maraqlı və faydalı idi."),
    ("so", "Waad ku mahadsan tahay maqaalkan, aad ayuu u fiicnaa."),
    ("mg", "Misaotra betsaka tamin'ny lahatsoratra, tena nahaliana ahy izany."),
    ("ht", "Mesi anpil pou atik sa a, mwen aprann anpil bagay ladan l."),
    ("ms", "Terima kasih atas artikel ini, saya belajar banyak perkara baharu."),
    ("jv", "Matur nuwun kanggo artikel iki, apik banget lan migunani."),
    ("gd", "Tapadh leibh airson an artaigil, bha e gu math inntinneach."),
    ("bs", "Hvala vam na tekstu, baš mi se svidio dio o starom mostu."),
    ("mk", "Благодарам за статијата, беше многу интересна и корисна."),
    ("ka", "მადლობა სტატიისთვის, ძალიან საინტერესო იყო."),
    ("hy", "Շնորհակալություն հոդվածի համար, շատ հետաքրքիր էր։"),
    ("bn", "নিবন্ধটির জন্য ধন্যবাদ, অনেক কিছু শিখলাম।"),
    ("ta", "இந்த கட்டுரைக்கு நன்றி, மிகவும் பயனுள்ளதாக இருந்தது."),
    ("ur", "اس مضمون کا شکریہ، بہت کچھ سیکھنے کو ملا۔"),
    ("hinglish", "Bahut badhiya lekh hai bhai, maza aa gaya padh kar."),
    ("greeklish", "Poli oraio arthro, efxaristo gia tin enimerosi kai ton kopo sas."),
    ("translit-ru", "Spasibo za statyu, ochen interesno i horosho napisano."),
    ("pcm", "Dis article sweet well well, I learn plenty from am."),
    ("fy", "Tige tank foar it artikel, it wie echt nijsgjirrich en goed skreaun."),
    ("oc", "Mercés plan per l'article, es fòrça interessant e plan escrit."),
    ("qu", "Sulpayki kay qillqamanta, ancha sumaq karqan."),
    ("wo", "Jërëjëf ci bind bi, dama ci jàng lu bari."),
    ("sn", "Ndinotenda nechinyorwa ichi, chanakidza zvikuru."),
]


@pytest.mark.parametrize(("language", "text"), UNKNOWN)
def test_what_is_clean_in_a_language_not_known_is_not_held(language: str, text: str) -> None:
    found = checks.run(Submission("Reader", text), NO_HISTORY, Policy())
    assert not flag_and_scores(found).flag, [v.message for v in found.verdicts]


MANY_WORDS = [
    ("Məqalə üçün çox sağ olun, çox maraqlı və faydalı idi", False),
    ("Bahut badhiya lekh hai bhai, maza aa gaya padh kar", False),
    ("Das ist ein dummer Fehler, und die Stadt ist schuld", False),
    ("stupid idiot moron", True),
    ("You are all wrong about the bridge and the river", True),
]


@pytest.mark.parametrize(("text", "expected"), MANY_WORDS)
def test_the_model_reads_what_may_be_english(text: str, expected: bool) -> None:
    assert is_english(Passage("body", text)) is expected


ABUSE = [
    ("de", "Halt die Fresse, du Hurensohn", "Fresse"),
    ("de", "So eine verfickte Scheiße", "Scheiße"),
    ("de", "Was für ein A r s c h l o c h", "A r s c h l o c h"),
    ("de", "Ich bringe dich um", "Ich bringe dich um"),
    ("de", "du bist doch ein Penner, das ist es", "Penner"),
    ("el", "Είσαι μαλάκας", "μαλάκας"),
    ("el", "ειναι ενας ΜΑΛΑΚΑΣ", "ΜΑΛΑΚΑΣ"),
    ("el", "άντε γαμήσου ρε", "άντε γαμήσου"),
    ("el", "τι πoυτάνα", "πoυτάνα"),
    ("es", "Eres un hijo de puta", "hijo de puta"),
    ("es", "¡Coño! ¿Qué es esto?", "Coño"),
    ("es", "vete a la mierda, pendejo", "mierda"),
    ("es", "cómeme la polla, que es lo que te gusta", "polla"),
    ("fr", "Quel con, ce type est nul", "con"),
    ("fr", "Va te faire enculer", "enculer"),
    ("fr", "Espèce d'enculé de merde", "enculé"),
    ("fr", "tu es un pédé", "pédé"),
    ("it", "Vaffanculo, sei uno stronzo", "stronzo"),
    ("it", "che troia quella, non la sopporto", "troia"),
    ("it", "porco dio che partita", "porco dio"),
    ("pt", "Vai tomar no cu, filho da puta", "filho da puta"),
    ("pt", "você é um arrombado, não vale nada", "arrombado"),
    ("pt", "que merda é essa", "merda"),
    ("ru", "иди на хуй", "иди на хуй"),
    ("ru", "ах ты cука", "cука"),
    ("ru", "что за пи3дец", "пи3дец"),
    ("ru", "ну ты и долбоёб", "долбоёб"),
    ("ru", "ну ты и ДОЛБОЕБ", "ДОЛБОЕБ"),
    ("uk", "та пішов ти на хуй", "на хуй"),
    ("uk", "ти справжній мyдак", "мyдак"),
]


@pytest.mark.parametrize(("language", "text", "shown"), ABUSE)
def test_what_is_abuse_in_a_language_is_found_and_shown(
    language: str, text: str, shown: str
) -> None:
    spans = [text[a:b] for v in verdicts("profanity", text) for a, b in v.spans]
    assert any(shown in span for span in spans), spans


ONE_SPELLING = [
    ("I met a con man in Madrid", [], "a word of English"),
    ("Quel con !", ["insult"], "an insult in French"),
    ("Un café con leche", [], "a little word of Spanish"),
    ("pasta con le sarde", [], "and of Italian"),
    ("You are a dick", ["insult"], "an insult in English"),
    ("Das Brett ist zu dick", [], "an adjective of German"),
    ("slut", ["slur"], "alone it is taken for English"),
    ("Nu är det slut", [], "the end, in Swedish"),
    ("This is a sentence in English, and you are a slut", ["slur"], "English around it"),
    ("cono", [], "without its tilde a cone"),
    ("un mafioso y su negro pasado", [], "a colour of Spanish"),
    ("du bist ein Depp", ["insult"], "said to somebody"),
    ("der Depp vom Dienst", [], "said of somebody"),
    ("ich bin ein Depp", [], "said of oneself"),
]


@pytest.mark.parametrize(
    ("text", "expected", "why"), ONE_SPELLING, ids=[why for *_, why in ONE_SPELLING]
)
def test_one_spelling_means_what_it_means_in_its_language(
    text: str, expected: list[str], why: str
) -> None:
    assert sorted(set(reasons("profanity", text))) == expected


@pytest.mark.parametrize("language", lexicon.LANGUAGES)
def test_each_language_has_begun(language: str) -> None:
    entries = [e for e in lexicon.load().entries.values() if e.language == language]
    assert len(entries) > 200
    assert {e.category for e in entries} >= {
        Category(c) for c in "insult profanity slur threat".split()
    }
