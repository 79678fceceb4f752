"""Ten texts of unlike kinds, written for the model card; none was trained on.

    python -m loadtests.summary_texts --model starter/summarize-en

prints them with their summaries as a Markdown table.
"""

from __future__ import annotations

import argparse

TEXTS = {
    "news": (
        "The city council of Harwick voted on Tuesday night to close the old iron bridge to cars from the"
        " first of March. Engineers had found cracks in two of the four supports during an inspection in"
        " October, and a second survey last month showed that the damage was spreading. Buses and lorries"
        " have been banned from the bridge since November. Pedestrians and cyclists may go on using it"
        " while it is repaired. The repairs will cost about 14 million pounds and are expected to take two"
        " years. Shop owners on the east bank said that they feared for their trade, since most of their"
        " customers come by car. The council promised a free shuttle bus between both banks and will halve"
        " parking fees in the centre."
    ),
    "e-mail": (
        "Hi Maria, thanks for sending the draft so quickly. I read it on the train this morning and I"
        " like the new structure much better. Two things still worry me. The budget in section 3 does not"
        " add up: the travel costs are listed twice, once under meetings and once under field work. And we"
        " still have no letter of support from the university in Porto, which the call asks for. Could you"
        " correct the budget and write to Professor Almeida today? The deadline is Friday at noon,"
        " Brussels time, and I would like to submit on Thursday evening to be safe. I will finish the"
        " summary and the risk table tonight. Best wishes, Tom"
    ),
    "encyclopedic": (
        "The puffin is a small seabird of the North Atlantic that is known for its colourful bill. It"
        " breeds in large colonies on coastal cliffs and islands, where it digs burrows in the turf and"
        " lays a single egg. Puffins feed mainly on small fish such as sand eels, which they catch by"
        " diving up to sixty metres deep, using their wings to swim. Outside the breeding season they live"
        " on the open sea and hardly ever come to land. The bright plates of the bill are shed in late"
        " summer and grow again in spring. More than half of the world's puffins breed in Iceland. Their"
        " number has fallen in recent decades, mostly because warmer seas have driven the fish away."
    ),
    "documentation": (
        "The backup command copies a database to a file while the database stays in use. It takes a"
        " snapshot at the moment it starts, so that changes made later are not part of the copy. By"
        " default the copy is compressed with zstd; the option --level sets how strongly, from 1 to 19. If"
        " the target file exists, the command stops with an error unless --force is given. A backup can be"
        " restored only by the same major version of the server or a later one. Large databases should be"
        " copied to a disk other than the one that holds the data, since reading and writing at once slows"
        " both down. The command exits with status 2 if the disk runs full, and removes the unfinished"
        " file."
    ),
    "minutes": (
        "Present were Anna Keller, Joe Park, Rosa Lind and David Osei. Joe reported that the new booking"
        " system went live on 3 May and that complaints have fallen by a third since then. Rosa pointed"
        " out that the mobile page still fails for users with older phones. It was agreed that Joe will"
        " fix this before the end of the month. David presented the figures of the first quarter: income"
        " was 8 percent above plan, but heating cost almost twice what had been expected. The board"
        " decided to replace the boiler this summer and to ask three companies for offers. Anna will write"
        " to the members about the higher fees. The next meeting is on 12 June at 18:30."
    ),
    "product notice": (
        "Brightline is recalling about 23,000 kettles of the type K-200 that were sold between January"
        " and August of this year. The handle can come loose when the kettle is full, so that hot water"
        " spills. We know of eleven cases in which this happened; two people suffered light burns. Please"
        " stop using the kettle at once. You can tell whether yours is affected by the number under its"
        " base, which begins with 24A or 24B. Customers get their money back or a new kettle, as they"
        " prefer, in any shop that sells our products; a receipt is not needed. Other models are not"
        " affected. We apologise for the trouble."
    ),
    "recipe": (
        "This lentil soup is ready in forty minutes and tastes even better the next day. Chop two onions,"
        " two carrots and a stick of celery and fry them gently in olive oil until they are soft. Add"
        " three cloves of garlic, a spoonful of cumin and a pinch of chilli, and stir for a minute. Pour"
        " in 300 grams of red lentils and a litre and a half of vegetable stock. Let the soup simmer for"
        " twenty-five minutes, until the lentils fall apart. Season it with salt, pepper and the juice of"
        " a lemon. For a smoother soup, blend half of it and stir it back in. Serve it with bread and a"
        " spoonful of yoghurt."
    ),
    "legal": (
        "The tenant shall pay the rent in advance on or before the third working day of each month by"
        " bank transfer to the account named in annex A. If a payment is more than ten days late, the"
        " landlord may charge interest of four percent a year on the sum that is due. The tenant may not"
        " sublet the flat, or any part of it, without the landlord's written consent, which shall not be"
        " refused without good reason. Either party may end this agreement by giving three months' notice"
        " in writing. The deposit of two months' rent shall be returned within thirty days after the"
        " tenant has moved out, less the cost of any damage beyond normal wear."
    ),
    "science": (
        "Bees find their way back to the hive over several kilometres, but how they do so in the dark of"
        " early morning was unclear. In this study we fitted 120 honeybees with radio tags of 0.2 grams"
        " and tracked their flights at three levels of light. Bees that flew at dawn followed hedges and"
        " field edges far more closely than bees that flew at noon. When we covered the edges with cloth,"
        " dawn flights took 41 percent longer, while noon flights did not change. We conclude that bees"
        " use long lines in the landscape as a guide when the sun cannot be seen. This may explain why"
        " bees in fields without hedges begin to forage later in the day."
    ),
    "story": (
        "Old Peter had kept the lighthouse for thirty years, and in all that time he had never once let"
        " the lamp go out. On the night of the great storm the wind broke the window, and the flame died"
        " before he could reach it. He had no dry matches left. Far out he could hear the horn of a ship"
        " that was coming too close to the rocks. So he ran down to the shore, pulled his own boat on the"
        " sand and set fire to it with the last coals from his stove. The ship saw the blaze and turned"
        " away in time. In the morning the captain came to thank him and found him sitting beside the"
        " ashes of the boat, laughing."
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="starter/summarize-en")
    options = parser.parse_args()
    from crosslate.models.engine.request import GenerationParams
    from loadtests.eval_summaries import summarize

    summaries = summarize(options.model, list(TEXTS.values()), "auto", GenerationParams())
    print("| text | begins | summary |\n|---|---|---|")
    for (kind, text), summary in zip(TEXTS.items(), summaries, strict=True):
        print(f"| {kind} | {' '.join(text.split()[:12])} ... | {summary} |")


if __name__ == "__main__":
    main()
