"""Findings as radiologists dictate them, in Slovak and English; all invented."""

import numpy as np

from headct.phantom.cohort.plan import UNDECIDED, WRONG, Patient

Sentences = tuple[str, ...]

# Names that nobody could take for a person's.
_PHYSICIANS = {
    "sk": ("MUDr. Vzorová Fiktívna", "MUDr. Ján Vymyslený", "MUDr. Skúšobná Nepravá"),
    "en": ("Dr. Example Fictitious", "Dr. Imaginary Sample", "Dr. Placeholder Invented"),
}

# With disease, from slight to marked: entry 0 is for a sum of 1 or 2, entry 1 for 3 or 4.
_DISEASE: dict[str, tuple[Sentences, Sentences]] = {
    "sk": (
        (
            "Periventrikulárne ľahká leukoencefalopatia.",
            "Periventrikulárne naznačené hypodenzity, v.s. počínajúca leukoencefalopatia.",
            "Mierna leukoaraióza periventrikulárne, bez ložiskových zmien v kmeni.",
            "Bez progresie známej leukoencefalopatie oproti minulému vyšetreniu.",
        ),
        (
            "Splývajúca hypodenzita bielej hmoty obojstranne: vaskulárna leukoencefalopatia.",
            "Pokročilá leukoencefalopatia periventrikulárne aj v centrum semiovale.",
            "Výrazná leukoaraióza obojstranne. Iné ložiskové zmeny nie sú.",
            "Leukoencefalopatia ťažkého stupňa, bez čerstvej ischémie.",
        ),
    ),
    "en": (
        (
            "Mild periventricular leukoencephalopathy.",
            "Faint periventricular hypodensity in keeping with early leukoaraiosis.",
            "Slight small vessel changes (leukoencephalopathy), no focal lesion.",
            "No progression of the known leukoencephalopathy since the prior examination.",
        ),
        (
            "Extensive confluent white matter hypodensity: vascular leukoencephalopathy.",
            "Marked leukoaraiosis of both hemispheres, not significantly changed.",
            "Advanced leukoencephalopathy, periventricular and in the centrum semiovale.",
            "Severe leukoencephalopathy without acute ischemia.",
        ),
    ),
}
_HEALTHY: dict[str, Sentences] = {
    "sk": (
        "Bez známok leukoencefalopatie.",
        "Leukoencefalopatia sa nezobrazuje.",
        "Biela hmota primeranej denzity, bez leukoaraiózy.",
        "Zmeny charakteru vaskulárnej leukoencefalopatie nie sú prítomné.",
        "Biela hmota periventrikulárne aj subkortikálne je bez zmien denzity.",
    ),
    "en": (
        "No evidence of leukoencephalopathy.",
        "Leukoaraiosis is not seen.",
        "White matter of normal attenuation, without signs of leukoencephalopathy.",
        "There is neither leukoencephalopathy nor any other change of the white matter.",
        "The white matter is unremarkable.",
    ),
}
_UNDECIDED: dict[str, Sentences] = {
    "sk": (
        "Leukoencefalopatiu nemožno vylúčiť, hodnotenie je sťažené pohybom.",
        "Otázna počínajúca leukoencefalopatia, dif. dg. artefakt.",
    ),
    "en": (
        "Early leukoencephalopathy cannot be excluded; assessment is limited by motion.",
        "Questionable leukoaraiosis versus beam hardening.",
    ),
}
_ATROPHY: dict[str, tuple[Sentences, Sentences]] = {
    "sk": (
        ("Komorový systém primeranej šírky, bez atrofie.", "Atrofické zmeny nie sú prítomné."),
        (
            "Kortikosubkortikálna atrofia, rozšírené komory a ryhy.",
            "Difúzna atrofia mozgu primeraná veku.",
        ),
    ),
    "en": (
        ("Ventricles and sulci of normal width, no atrophy.", "No atrophy."),
        (
            "Cortical and central atrophy with wide ventricles and sulci.",
            "Generalized cerebral atrophy, in keeping with age.",
        ),
    ),
}
_ACUTE: dict[str, Sentences] = {
    "sk": (
        "Bez intrakraniálneho krvácania a bez čerstvej ischémie.",
        "Krvácanie ani expanzia intrakraniálne sa nezobrazujú.",
    ),
    "en": (
        "No intracranial hemorrhage, no acute ischemia.",
        "No bleed and no mass is seen.",
    ),
}
_LACUNES = {"sk": "Staré lakúny v bazálnych gangliách.", "en": "Old lacunes in the basal ganglia."}
_START = {"sk": "CT mozgu natívne: ", "en": "Unenhanced CT of the head: "}


def write_report(patient: Patient, is_atrophic: bool) -> dict[str, str]:
    """What is filed beside a patient's images: findings, examination number, physician.

    The words on white matter follow the patient's grade (or his flaw); all others are drawn
    alike with and without disease.
    """
    chance = np.random.default_rng([patient.seed, 7])
    spoken = patient.language
    sentences = [
        _one_of(_ACUTE[spoken], chance),
        _one_of(_ATROPHY[spoken][is_atrophic], chance),
    ]
    if patient.lacunes:
        sentences.append(_LACUNES[spoken])
    physician = _one_of(_PHYSICIANS[spoken], chance)
    order = chance.permutation(len(sentences) + 1)
    sentences.append(_on_white_matter(patient, chance))
    return {
        "examination_number": f"F{patient.number}-{int(chance.integers(1000, 10000))}",
        "physician": physician,
        "findings": _START[spoken] + " ".join(sentences[index] for index in order),
    }


def _on_white_matter(patient: Patient, chance: np.random.Generator) -> str:
    if patient.flaw == UNDECIDED:
        return _one_of(_UNDECIDED[patient.language], chance)
    says_disease = (patient.grade > 0) != (patient.flaw == WRONG)
    if not says_disease:
        return _one_of(_HEALTHY[patient.language], chance)
    return _one_of(_DISEASE[patient.language][patient.grade > 2], chance)


def _one_of(choices: Sentences, chance: np.random.Generator) -> str:
    return choices[int(chance.integers(len(choices)))]
