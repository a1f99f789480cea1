"""What descriptions say, in the words of several languages.

Texts are folded to lower case without accents and searched for whole words, so that "contra" does
not make a contrast scan nor "ossia" a bone kernel. Chinese and Japanese write no spaces between
words: their terms match anywhere.
"""

import re
import unicodedata
from functools import lru_cache


def _topic(words: str, cjk: str = "") -> re.Pattern[str]:
    """Whole words, or endings left open by ``*``; blanks separate, ``_`` is a blank in a term."""
    terms = [re.escape(word).replace(r"\*", r"\w*").replace("_", " ") for word in words.split()]
    whole = rf"(?<!\S)(?:{'|'.join(terms)})(?!\S)"
    return re.compile("|".join([whole, *map(re.escape, cjk.split())]))


HEAD = _topic(
    "head headneck brain skull crani* cerebr* cerebel* encephal* encefal* neuro neurocran* cct "
    "kopf schadel* hirn* gehirn* tete crane cerveau cabeza craneo testa cabeca hoofd hersenen "
    "schedel glowa* mozg* hlava mozek huvud* hjarn* hode hjerne* kafa beyin голов* мозг* череп*",
    cjk="头 頭 颅 脑 脳",
)
NECK = _topic(
    "neck cervical cspine c_spine hals hws cou cuello collo pescoco nek szyj* boyun шея шеи",
    cjk="颈 頸 頚",
)
TRUNK = _topic(
    "chest thorax torax torace toraks lung lungs lunge poumon* pulmon* polmon* heart cardiac herz "
    "coeur corazon abdomen abdominal abdo bauch becken pelvi* liver leber foie kidney renal addom* "
    "bacino buik bekken tap spine spinal lumb* wirbel* bws lws rachi* columna colonna coluna "
    "wervelkolom vertebr* груд* живот* позвон* shoulder knee hip wrist ankle foot elbow extremit*",
    cjk="胸 肺 腹 脊 腰 肩 膝",
)
FACE = _topic(
    "sinus sinuses paranasal nnh pns face facial maxillofacial mandib* dental orbit* mittelgesicht "
    "gesicht kiefer* massif senos seni viso cara seios",
    cjk="鼻 眼 颌 顎",
)
TEMPORAL_BONE = _topic(
    "temporal_bone temporal_bones temporals petrous iac inner_ear ear mastoid* felsenbein* rocher "
    "rochers penasco* rocche rocca oido* ouvido* oreille*",
    cjk="耳 颞骨 側頭骨",
)
ANGIOGRAPHY = _topic(
    "*angio* cta ctav ctv arterial* venogra* carotid* carotis tsa willis vessel* gefass* arteri*",
    cjk="血管",
)
PERFUSION = _topic("perfu* ctp cbf cbv rcbf rcbv mtt tmax ttp vpct 4d", cjk="灌注 灌流")
BOLUS_TIMING = _topic("bolus *monitoring smartprep smart_prep timing tracking")
REPORT = _topic(
    "dose_report dose_info dose_summary dose_record patient_protocol dosisbericht dosisprotokoll"
)
RENDERING = _topic("mip minip vrt ssd volume_render* subtraction subtracted iodine vnc")
BONE = _topic(
    "bone bones bony boneplus knochen* os osseux osseuse osso ossa osse* ossi* hueso* osea oseo "
    "bot botten kostn* kemik кост* sharp edge",
    cjk="骨",
)
SOFT_TISSUE = _topic(
    "brain soft weichteil* parenchym* standard std stnd mou mous blando* molle molli mole",
    cjk="软 軟",
)
CONTRAST = _topic(
    "contrast* kontrast* c+ +c post_c postcontrast* postkontrast* post_gad* post_iv post_inj* cect "
    "enhanced inject* injekt* inj iv civ km mdc контраст*",
    cjk="增强 強化 强化 造影",
)
NO_CONTRAST = _topic(
    "without w_o wo non* no_contrast no_iv no_con no_km ncct nect nativ* nc plain "
    "unenhanced pre precontrast sans senza sin sem ohne zonder bez "
    "blanco simple basal* kontrastsiz без нативн*",
    cjk="平扫 平掃 単純",
)
BOTH_CONTRAST = _topic(
    "with_and_without w_wo w_w_o w_and_wo w_and_w_o mit_und_ohne avec_et_sans con_y_sin con_e_senza"
)
CHILD = _topic(
    "paed* ped peds pediat* pediatr* child children infant* neonat* newborn baby kind kinder "
    "saugling* enfant* nourrisson* nino* nina* lactante* crianca* bambin* neonato barn dziec* "
    "cocuk ребен* дет*",
    cjk="小児 小儿 儿童 新生児 新生儿",
)
# "op" alone is "open" or "opposed" as often as an operation.
SURGERY = _topic(
    "postop* post_op post_ops post_operat* post_surg* post_crani* craniot* craniect* kraniot* "
    "kraniekt* trepan* decompressive hemicrani* s_p_crani* shunt* evd ventriculostom* drain* "
    "clipping coiling resection nach_op operiert opere* postoperat*",
    cjk="术后 術後",
)


# Letters that carry their mark inside, so that Unicode does not take them apart.
_UNMARKED = str.maketrans("łøđıæ", "lodia")


@lru_cache(maxsize=256)  # the images of a series say the same
def fold(text: str) -> str:
    """Lower case, without accents, one blank between words; "+" stays, for "C+"."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = plain.translate(_UNMARKED)
    # Only Latin accents go: the marks of other scripts (as in й) are letters of their own.
    plain = re.sub(r"(?<=[a-z])[\u0300-\u036f]+", "", plain)
    plain = unicodedata.normalize("NFC", plain)
    # "KM+" and "+Contrast" are the words alone; only "C+" and "+C" need their sign.
    plain = re.sub(r"(?<!\bc)\+(?!c\b)", " ", plain)
    return re.sub(r"[^\w+]+|_", " ", plain).strip()


def says(text: str, topic: re.Pattern[str]) -> bool:
    """Whether a text speaks of a topic."""
    return topic.search(fold(text)) is not None
