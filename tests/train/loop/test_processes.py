import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from prefpairs.errors import ConfigError
from prefpairs.train.loop.processes import Processes, buckets, started

CPU = torch.device("cpu")


def test_without_a_launcher_nothing_is_started() -> None:
    with started(CPU, {}) as processes:
        assert (processes.rank, processes.size, processes.main) == (0, 1, True)
        assert not torch.distributed.is_initialized()


def test_alone_a_sum_is_what_was_summed() -> None:
    processes = Processes()
    parameter = torch.nn.Parameter(torch.ones(2))
    parameter.grad = torch.tensor([1.0, 2.0])

    processes.sum_gradients([parameter])
    processes.barrier()

    assert parameter.grad.tolist() == [1.0, 2.0]
    assert processes.sum(torch.tensor([3.0])).tolist() == [3.0]
    assert processes.least(torch.tensor([3.0])).tolist() == [3.0]


@pytest.mark.skipif(torch.cuda.device_count() > 3, reason="there are that many GPUs here")
def test_more_processes_than_gpus_are_refused() -> None:
    with (
        pytest.raises(ConfigError, match=r"Process 3 of this machine has no GPU: PyTorch sees \d"),
        started(torch.device("cuda"), {"RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "3"}),
    ):
        pass


@given(st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=1, max_size=20))
def test_gradients_are_summed_in_parcels_that_miss_none_and_mix_no_types(
    drawn: list[tuple[int, bool]],
) -> None:
    gradients = [
        torch.full((size,), number, dtype=torch.float64 if wide else torch.float32)
        for number, (size, wide) in enumerate(drawn)
    ]

    parcels = list(buckets(gradients, elements=10))

    assert sorted(int(part[0]) for parcel in parcels for part in parcel) == list(range(len(gradients)))
    assert all(len({part.dtype for part in parcel}) == 1 for parcel in parcels)
    assert all(sum(part.numel() for part in parcel) <= 10 for parcel in parcels)
