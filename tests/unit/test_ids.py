"""Identifiers are unlike each other: within a process, between threads, and after a fork."""

import os
import threading

from gongshu import ids


def test_identifiers_have_their_form_and_are_unlike():
    made = [ids.new_id("call") for _ in range(2000)]
    assert len(set(made)) == 2000
    assert all(len(each) == 31 and each.startswith("call_") for each in made)
    assert len({each[-16:] for each in made}) == 2000, "by their random part alone"


def test_threads_never_get_the_same():
    made = []

    def make():
        made.extend([ids.new_id() for _ in range(5000)])

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({each[-16:] for each in made}) == 40_000


def test_a_forked_child_draws_anew():
    ids.new_id()  # there is something in store that the child could repeat
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(theirs, "".join(ids.new_id()[-16:] for _ in range(20)).encode())
        os._exit(0)
    os.waitpid(child, 0)
    told = os.read(ours, 1000).decode()
    os.close(ours)
    os.close(theirs)
    assert len(told) == 320
    assert not {told[at : at + 16] for at in range(0, 320, 16)} & {ids.new_id()[-16:] for _ in range(300)}
