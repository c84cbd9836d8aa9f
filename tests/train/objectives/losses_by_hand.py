"""The objectives once more, one pair at a time in plain Python, as the papers and TRL 1.16 write them."""

import math


def log_sigmoid(value: float) -> float:
    return -math.log1p(math.exp(-value)) if value > 0 else value - math.log1p(math.exp(value))


def dpo(chosen: float, rejected: float, *, beta: float) -> float:
    # TRL: -F.logsigmoid(self.beta * delta_score)
    return -log_sigmoid(beta * (chosen - rejected))


def conservative_dpo(chosen: float, rejected: float, *, beta: float, wrong: float) -> float:
    # Mitchell's note: the loss of the label, and that of its opposite, by how likely each is.
    return (1 - wrong) * dpo(chosen, rejected, beta=beta) + wrong * dpo(rejected, chosen, beta=beta)


def odpo(chosen: float, rejected: float, *, beta: float, probability: float) -> float:
    return -log_sigmoid(beta * (chosen - rejected) - math.log(probability / (1 - probability)))


def ipo(chosen: float, rejected: float, *, chosen_tokens: int, rejected_tokens: int, beta: float) -> float:
    # TRL: (chosen_scores / chosen tokens - rejected_scores / rejected tokens - 1 / (2 * self.beta)) ** 2
    return (chosen / chosen_tokens - rejected / rejected_tokens - 1 / (2 * beta)) ** 2


def plackett_luce(ranked: list[float], *, beta: float) -> float:
    # The probability of a ranking is a product of choices; the last one, among one, is certain.
    product = 1.0
    for place in range(len(ranked) - 1):
        odds = [math.exp(beta * ratio) for ratio in ranked[place:]]
        product *= odds[0] / sum(odds)
    return -math.log(product)
