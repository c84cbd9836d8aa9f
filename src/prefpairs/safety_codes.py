"""A safety code or a topic -> what it means, in a sentence: the words that reports and people use."""

from typing import Literal, get_args

HarmCode = Literal[
    "CRISIS",
    "METHOD",
    "ENCOURAGEMENT",
    "EATING_DISORDER_NUMBERS",
    "MEDICATION_DOSING",
    "MEDICAL_MISINFORMATION",
    "HARASSMENT",
    "THIRD_PARTY",
    "MINOR",
]
"""What may keep a text out of something. Only these can be uncertain."""

ResponseTag = Literal["RESOURCE", "PROFESSIONAL_HELP", "CLINICIAN"]
"""What a response does; keeps nothing out, and is given to comments only."""

SafetyCode = Literal[HarmCode, ResponseTag]

HARM_CODES: tuple[HarmCode, ...] = get_args(HarmCode)
RESPONSE_TAGS: tuple[ResponseTag, ...] = get_args(ResponseTag)

MEANINGS: dict[str, str] = {
    "CRISIS": "Its writer seems to be in a suicidal crisis now: a wish to die, a plan, or an attempt.",
    "METHOD": "It names a method, means, place, amount or pact for suicide or self-harm.",
    "ENCOURAGEMENT": "It encourages, dares, praises or gives tips for suicide, self-harm or an eating disorder.",
    "EATING_DISORDER_NUMBERS": "It gives calories, weights, a BMI or hours of fasting in an eating disorder.",
    "MEDICATION_DOSING": "It tells somebody to stop, change, mix or dose a medication.",
    "MEDICAL_MISINFORMATION": "It promises a cure, talks somebody out of treatment, or diagnoses its reader.",
    "HARASSMENT": "It abuses, blames or insults its reader, or asks for sex, money or contact elsewhere.",
    "THIRD_PARTY": "It tells the story of somebody else who is named.",
    "MINOR": "Its writer says that they are younger than 18.",
    "RESOURCE": "It points to help: a crisis line, a service, a way to find a therapist.",
    "PROFESSIONAL_HELP": "It suggests to see a doctor, a therapist or another professional.",
    "CLINICIAN": "Its writer claims to be a clinician.",
}
"""Safety code -> what a text that carries it does."""

TOPIC_MEANINGS: dict[str, str] = {
    "adhd": "Attention deficit and hyperactivity.",
    "anxiety": "Anxiety, worry, panic and phobias.",
    "bipolar": "Bipolar disorder and mania.",
    "depression": "Depression and low mood.",
    "eating_disorder": "Eating disorders and disordered eating.",
    "grief": "Death of somebody close, and mourning.",
    "loneliness": "Being alone, without friends or isolated.",
    "ocd": "Obsessions and compulsions.",
    "psychosis": "Psychosis, schizophrenia, voices, paranoia.",
    "relationships": "Partners, breakups, marriage.",
    "self_harm": "Self-harm without a wish to die.",
    "sleep": "Sleep, insomnia, nightmares.",
    "stress": "Stress, pressure, burnout.",
    "substance_use": "Alcohol, drugs, addiction, recovery.",
    "suicidal_ideation": "Suicide, in whatever way: prevention and bereavement too.",
    "trauma": "Trauma, abuse, PTSD.",
}
"""Topic -> what a text about it speaks of."""

TOPICS: tuple[str, ...] = tuple(TOPIC_MEANINGS)
