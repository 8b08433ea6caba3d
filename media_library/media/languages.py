"""What a line may not end with and where a clause begins, word by word, for the languages whose lists we keep.

Rules: Netflix Timed Text Style Guide (line treatment) and BBC Subtitle Guidelines (line breaks): break after punctuation, else before
a conjunction or a preposition; never between an article and its noun, a preposition and its phrase, a pronoun or an auxiliary and its verb.
"""

# ruff: noqa: E501 - word lists read better unwrapped

from __future__ import annotations

from dataclasses import dataclass

from media_library.media.profiles import primary


@dataclass(frozen=True, slots=True)
class Grammar:
    """Lower-case words. `clings`: belongs to the word after it. `conjunctions`, `prepositions`: a clause or phrase begins here.

    `determiners`: a noun follows (articles and possessives, also those that have grown together with a preposition).
    """

    conjunctions: frozenset[str] = frozenset()
    prepositions: frozenset[str] = frozenset()
    clings: frozenset[str] = frozenset()
    determiners: frozenset[str] = frozenset()
    titles: frozenset[str] = frozenset({"dr.", "mr.", "mrs.", "ms.", "st.", "prof."})
    spaced: bool = True  # words are separated by spaces
    wide: bool = False  # a full-width character counts one, a half-width one half

    def belongs_to_next(self, word: str) -> bool:
        return word in self.clings or word in self.conjunctions or word in self.prepositions or word in self.titles


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_GRAMMARS: dict[str, Grammar] = {
    "en": Grammar(
        conjunctions=_words(
            "and but or nor so yet because although though while when whenever where wherever if unless until since as than that which who whom whose "
            "whether before after once how why what"
        ),
        prepositions=_words(
            "about above across against along among around at behind below beneath beside between beyond by despite down during except for from in "
            "inside into like near of off on onto out outside over past through throughout to toward towards under underneath upon via with within without"
        ),
        clings=_words(
            "a an the my your his her its our their this these those i you he she it we they am is are was were be been being have has had do does did "
            "will would shall should can could may might must not no very more most rather quite i'm you're he's she's it's we're they're i've you've "
            "we've they've i'll you'll he'll she'll we'll they'll don't doesn't didn't can't couldn't won't wouldn't isn't aren't wasn't weren't some any every each"
        ),
        determiners=_words("a an the my your his her its our their this these those some any every each"),
        titles=_words("mr. mrs. ms. dr. prof. st. sir lady lord captain president professor mister miss"),
    ),
    "es": Grammar(
        conjunctions=_words(
            "y e o u pero sino porque aunque cuando donde mientras si que como pues ni cual cuales quien quienes cuyo cuya"
        ),
        prepositions=_words(
            "a al ante bajo con contra de del desde durante en entre hacia hasta mediante para por según sin sobre tras"
        ),
        clings=_words(
            "el la los las lo un una unos unas mi mis tu tus su sus nuestro nuestra nuestros nuestras este esta estos estas ese esa esos esas yo tú él ella "
            "nosotros ellos ellas usted ustedes me te se nos os le les es son era eran fue fueron ser está están estaba he has ha hemos han había no muy más tan"
        ),
        determiners=_words(
            "el la los las un una unos unas mi mis tu tus su sus nuestro nuestra este esta ese esa al del"
        ),
        titles=_words("sr. sra. srta. dr. dra. don doña san señor señora"),
    ),
    "fr": Grammar(
        conjunctions=_words(
            "et ou mais donc or ni car que qui dont où quand lorsque puisque si comme parce quoique tandis"
        ),
        prepositions=_words(
            "à au aux avant avec chez contre dans de des du depuis derrière dès devant en entre jusque malgré par parmi pendant pour sans sous sur vers"
        ),
        clings=_words(
            "le la les un une mon ma mes ton ta tes son sa ses notre nos votre vos leur leurs ce cet cette ces je tu il elle on nous vous ils elles me te se "
            "ne est sont était étaient suis es sommes êtes ai as a avons avez ont avait très plus moins pas"
        ),
        determiners=_words(
            "le la les l d des du au aux un une mon ma mes ton ta tes son sa ses notre nos votre vos leur leurs ce cet cette ces"
        ),
        titles=_words("m. mme mlle dr. monsieur madame saint"),
    ),
    "de": Grammar(
        conjunctions=_words(
            "und oder aber denn sondern dass weil ob wenn als während obwohl damit nachdem bevor bis sobald der die das den dem welcher welche wie wo warum"
        ),
        prepositions=_words(
            "an am auf aus außer bei beim bis durch für gegen hinter im in ins mit nach neben ohne seit über um unter von vom vor wegen zu zum zur zwischen"
        ),
        clings=_words(
            "der die das den dem des ein eine einen einem einer eines mein meine dein deine sein seine ihr ihre unser unsere euer eure dieser diese dieses "
            "ich du er sie es wir ist sind war waren bin bist habe hast hat haben hatte wird werden wurde kann muss soll will nicht kein keine sehr mehr zu"
        ),
        determiners=_words(
            "der die das den dem des ein eine einen einem einer eines mein meine dein sein seine ihr ihre unser unsere dieser diese dieses im am zum zur vom beim ins"
        ),
        titles=_words("hr. fr. dr. prof. herr frau"),
    ),
    "it": Grammar(
        conjunctions=_words(
            "e ed o ma però perché che chi cui quando mentre se come dove benché né anche quindi dunque"
        ),
        prepositions=_words(
            "a ad al alla ai alle allo con contro da dal dalla dai dalle di del della dei delle dello in nel nella nei nelle per su sul sulla tra fra senza verso"
        ),
        clings=_words(
            "il lo la i gli le un uno una mio mia tuo tua suo sua nostro nostra vostro vostra loro questo questa questi queste quel quella io tu lui lei noi voi "
            "mi ti si ci vi è sono era erano ho hai ha abbiamo hanno aveva non molto più"
        ),
        determiners=_words(
            "il lo la i gli le l un uno una al alla ai alle dal dalla del della dei delle nel nella sul sulla mio mia suo sua nostro nostra questo questa"
        ),
        titles=_words("sig. sig.ra dott. dr. signor signora san"),
    ),
    "pt": Grammar(
        conjunctions=_words("e ou mas porém porque que quem quando onde enquanto se como embora pois nem cujo cuja"),
        prepositions=_words(
            "a ao aos à às ante após até com contra de do da dos das desde em no na nos nas entre para por pelo pela perante sem sob sobre num numa"
        ),
        clings=_words(
            "o a os as um uma uns umas meu minha meus minhas teu tua seu sua seus suas nosso nossa este esta esse essa aquele aquela eu tu ele ela nós eles elas "
            "você vocês me te se lhe é são era eram foi foram ser está estão estava tenho tem têm há não muito mais"
        ),
        determiners=_words(
            "o a os as um uma ao aos do da dos das no na nos nas meu minha seu sua nosso nossa este esta esse essa"
        ),
        titles=_words("sr. sra. dr. dra. dom dona são senhor senhora"),
    ),
    "zh": Grammar(spaced=False, wide=True),
    "ja": Grammar(spaced=False, wide=True),
    "ko": Grammar(wide=True),
}
_GENERIC = Grammar()


def grammar(language: str) -> Grammar:
    """A language without a list breaks at punctuation and for balance only."""
    return _GRAMMARS.get(primary(language), _GENERIC)
