"""A thousand short English sentences as people say them, made from patterns: free of anyone's rights."""

from __future__ import annotations

import itertools
import random

PATTERNS: tuple[tuple[str, ...], ...] = (
    (
        "The {} is {}.",
        "house|car|dog|garden|street|kitchen|water|book|train|shop",
        "small|old|very big|not here|too expensive|clean|new|on the left",
    ),
    (
        "{} {} every {}.",
        "I drink coffee|We go for a walk|My mother calls me|The children play outside|She reads",
        "at home|in the park|alone|with friends",
        "morning|evening|Sunday|summer",
    ),
    (
        "Where is {}?",
        "the station|my phone|your sister|the nearest pharmacy|the bathroom|our hotel|the key|the bank",
    ),
    (
        "Can you {}, please?",
        "help me|open the window|call a doctor|speak more slowly|close the door|wait a moment|"
        "send me the address|bring the bill|turn off the light|write it down",
    ),
    (
        "{} is {} years old.",
        "My son|Her daughter|Their house|His father|Our cat|This tree|The teacher",
        "two|seven|twelve|thirty|forty-five|eighty",
    ),
    (
        "I would like {}{}.",
        "a cup of tea|two tickets|a table for four|some bread|a glass of water|an ice cream|a room",
        "|, please| for tomorrow| for my friend",
    ),
    (
        "{} {} yesterday.",
        "We|They|I|My neighbours|The students",
        "went to the beach|bought a new bicycle|ate too much|came home late|forgot the keys|"
        "worked all day|saw a good film|lost the game",
    ),
    (
        "It is {} today{}.",
        "cold|raining|very hot|windy|sunny|snowing",
        "|, isn't it| in the mountains| again",
    ),
    (
        "How much {}?",
        "is this shirt|are the apples|does the ticket cost|is a kilo of tomatoes|did you pay for it",
    ),
    (
        "{} do not {}.",
        "I|We|They|My parents|You",
        "understand the question|eat meat|have time|live here any more|like loud music|"
        "know his name|speak German",
    ),
    (
        "{} is {} than {}.",
        "The red bag|My brother|This road|The second film|Her new job",
        "better|longer|more interesting|cheaper",
        "mine|the other one|last year|yours",
    ),
    (
        "When does the {} {}?",
        "bus|shop|lesson|museum|film|plane",
        "open|leave|start|close|arrive",
    ),
    (
        "{} will {} {}.",
        "She|We|My friends|The doctor|Nobody",
        "come|help us|be there|travel to Lisbon|clean the room",
        "tomorrow|next week|at eight o'clock|after dinner",
    ),
    (
        "{} {} the {} {}.",
        "I|She|Our guide|The boy",
        "put|found|forgot|saw",
        "book|umbrella|ticket|bag",
        "on the table|under the chair|at school|in the taxi",
    ),
    (
        "Why {} so {}?",
        "are you|is he|is the train|are the streets|was the exam",
        "late|tired|slow|quiet|difficult",
    ),
    (
        "{} is my favourite {}.",
        "Blue|Football|Rice|Monday|Spring|This song",
        "colour|day|food|thing in the world",
    ),
    (
        "If {}, {}.",
        "it rains|you are hungry|the shop is closed|I find it",
        "we will stay at home|tell me|take the car|there is soup in the kitchen|I will call you",
    ),
    (
        "Do you {} {}?",
        "like|know|want|remember|need",
        "this city|the new teacher|more salt|our first holiday|a map|my cousin",
    ),
    (
        "There {} in the {}.",
        "is a cat|are two chairs|is no milk|are many people|is a letter",
        "kitchen|car|fridge|street|box|room",
    ),
    (
        "My {} is in the {}.",
        "passport|jacket|laptop|little brother",
        "car|kitchen|garden|office|other room",
    ),
    (
        "{} and {} are {}.",
        "Ana|The teacher|My uncle",
        "Pedro|the children|her friend",
        "here|very happy|on holiday|not ready",
    ),
)
"""A pattern, and what may stand in each of its gaps."""
SEED = 1


def everyday_sentences(count: int) -> list[str]:
    """So many different ones, the same every time; `ValueError` where there are not as many."""
    sentences = [
        pattern.format(*words)
        for pattern, *gaps in PATTERNS
        for words in itertools.product(*(gap.split("|") for gap in gaps))
    ]
    if count > len(sentences):
        raise ValueError(f"{count} sentences were asked for, there are {len(sentences)}")
    return random.Random(SEED).sample(sentences, count)
