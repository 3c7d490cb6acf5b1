"""The rounds: a move each (up, down, undo, or an up that fails on one tenant), killed in most of them.

    move -> (killed -> (a look) -> (recover, killed -> (a look)) -> recover, or the move again) -> judged

What must be true, and is asked:

    - a run that came to its end has the exit code and the version it must have
    - after a kill the decision files tell how each group stands. While the super-journal is there all of
      its tenants read old; when only the anchor is there the atomic ones read new; when neither is there,
      and there is one group, all read the same. No later kill, and no recovery, changes that of a single
      group; several groups are one only through recover, which may take them back
    - a run that told its end on stdout before it was killed has that end
    - once it is settled: one version everywhere, history and integrity right, nothing left over
    - what work.py holds for applications, throughout
"""

import time
from collections import Counter
from dataclasses import dataclass

from fleet import HEAD, Decisions, chance_of
from program import Moment

WEIGHTS = {"survey": 1, "prepare": 3, "opened": 1}  # of the phases in which kills fall; others: 4
KILLED = 0.85  # share of the rounds


class Fault(Exception):
    pass


@dataclass
class Move:
    kind: str
    words: list
    start: int
    target: int
    code: int = 0

    def direction(self):
        return -1 if self.kind in ("down", "undo") else 1

    def words_said(self):
        return f"{self.kind} {self.start}->{self.target}"


class Rounds:
    def __init__(self, fleet, program, work, groups, seed):
        self.fleet, self.program, self.work = fleet, program, work
        self.single = groups == 1
        self.chance = chance_of(seed, f"{fleet.mode} rounds")
        self.version, self.last_up = 0, None
        # Of phases, as last measured in a run that was not killed: one that was done, one that failed.
        self.durations, self.settling = {0: {}, 1: {}}, None
        self.said = []  # what happened in this round
        self.kills, self.runs, self.looks, self.played = Counter(), [], 0, 0

    # A round.

    def play(self, k):
        self.said, began = [], time.monotonic()
        move = self._draw_move()
        self.last_up = None
        epoch = self.work.begin(move.direction(), self._may_read(move, {move.start, move.target}))
        ended = self._run(move, self._draw_moment(move) if k > 1 else None)
        if ended.killed:
            self._after_kill(move, ended, epoch)
        else:
            self._at_end(move, ended, epoch)
        self.judge(self._some(300) if k % 10 else range(self.fleet.size))
        print(f"# round {k}: {', '.join(self.said)}; at {self.version} after "
              f"{time.monotonic() - began:.1f} s", flush=True)

    def _draw_move(self):
        v = self.version
        moves = [Move("up", ["up", str(t)], v, t) for t in range(v + 1, HEAD + 1)] * 2
        moves += [Move("down", ["down", str(t) if t else "base"], v, t) for t in range(v)]
        moves.append(Move("fail", ["up"], v, v, code=1))
        if self.last_up:
            run, start = self.last_up
            moves += [Move("undo", ["undo", run], v, start)] * 2
        return moves[0] if not self.durations[0] else self.chance.choice(moves)

    def _draw_moment(self, move):
        """Most rounds are killed; more often late in a run than early."""
        known = self.durations[move.code] or self.durations[0]
        if self.chance.random() > KILLED or not known:
            return None
        phases = [*known, "opened", "fell", "fell"]
        weights = [WEIGHTS.get(phase.split(":")[0], 4) for phase in phases]
        phase = self.chance.choices(phases, weights)[0]
        return Moment(phase, known.get(phase, 0.01) * self.chance.random())

    def _run(self, move, moment):
        ended = self.program.run(move.words, moment)
        where = f" killed in {moment.phase.split(' ')[0]} after {ended.seconds:.1f} s" if ended.killed else ""
        self.said.append(f"{move.words_said()}{where or f' took {ended.seconds:.1f} s'}")
        return ended

    def _may_read(self, move, versions):
        """Of several groups the first may have been seen at the version that the last one refused."""
        return versions if self.single or not move.code else versions | {HEAD + 1}

    # At its end.

    def _at_end(self, move, ended, epoch):
        self._expect(ended, move.code)
        report = ended.report()
        self.durations[move.code].update(ended.durations())
        if move.code == 0:
            self._note_weaker(epoch, report)
            self.runs.append(report)
            if move.kind == "up":
                self.last_up = report["run"], move.start
        elif not self.single:
            self._unsay(epoch)
        self.version = move.target

    def _note_weaker(self, epoch, report):
        places = [self.fleet.place.get(self.fleet.number(w["tenant"])) for w in report["weaker"]]
        self.work.weaker[epoch].update(p for p in places if p is not None)

    def _unsay(self, epoch):
        """Nothing is said of pairs: groups came and went."""
        self.work.weaker[epoch].update(range(len(self.fleet.busy)))

    def _expect(self, ended, code):
        if ended.code != code:
            raise Fault(f"{' '.join(ended.words)}: exit {ended.code}, not {code}\n{ended.out}{ended.err}")

    # After a kill.

    def _after_kill(self, move, ended, epoch):
        self.work.weaker[epoch] |= self.fleet.busy_in_wal()
        if not self.single:
            self.work.rest()
            if move.code:
                self._unsay(epoch)
        fate = self._fate(move, ended)
        if self.single:
            self.work.may_read[epoch] = {move.start, move.target if fate is None else fate}
        if self.chance.random() < 0.5:
            fate = self._look_before(move, fate)
        fate = self._kill_recover(move, fate)
        if move.kind in ("up", "down") and self.chance.random() < 0.4:
            self._again(move)
        else:
            self._recover(move, fate, epoch)

    def _fate(self, move, ended):
        """The version that must come of it; None where the files do not tell."""
        stands = set(Decisions(self.fleet.folder).stand().values())
        stand = "undecided" if "undecided" in stands else "decided" if stands else "none open"
        self.kills[stand] += 1
        self.said.append(stand)
        if not self.single:
            return None
        if ended.report().get("exit") == 0 or stand == "decided":
            return HEAD + 1 if move.code else move.target
        return move.start if stand == "undecided" or move.code else None

    def _look_before(self, move, fate):
        """As any application finds them, before anything of ours has run again."""
        stand = Decisions(self.fleet.folder).stand()
        found = set()
        for i in self._some(100):
            seen, path = self._sound(i), self.fleet.path(i)
            if not self._agrees(move, stand.get(path), seen.marks, fate, self._may_lag(i)):
                raise Fault(f"{path} reads {seen.marks}, {stand.get(path)}, of {move.words_said()}")
            if path not in stand and self.single:
                found.add(seen.marks)
        if len(found) > 1 and not stand:
            raise Fault(f"nothing is open, and tenants read {sorted(found)}")
        return found.pop() if found and not stand and fate is None else fate

    def _may_lag(self, i):
        return i in self.fleet.place and self.fleet.is_wal(i)

    def _agrees(self, move, stand, marks, fate, may_lag):
        if move.code and not self.single:  # a group may be on its way up, or on its way back
            return marks in (move.start, HEAD + 1)
        if stand == "undecided":
            return marks == move.start
        if stand == "decided":
            return marks == move.target or (may_lag and marks == move.start)
        return marks in ({move.start, move.target} if fate is None or may_lag else {fate})

    def _kill_recover(self, move, fate):
        if not self.settling or self.chance.random() < 0.6:
            return fate
        moment = Moment("start", self.settling * self.chance.random())
        ended = self.program.run(["recover"], moment)
        if not ended.killed:
            self._expect(ended, 0)
            return fate
        self.kills["of recover"] += 1
        self.said.append(f"recover killed after {ended.seconds:.1f} s")
        return self._look_before(move, fate) if self.single and self.chance.random() < 0.5 else fate

    def _again(self, move):
        """The move settles what lies there, as recover would, and goes on to its end."""
        if self.single:
            self.work.weaker[self.work.begin(move.direction(), {move.start, move.target})] |= (
                self.fleet.busy_in_wal()
            )
        ended = self.program.run(move.words)
        self._expect(ended, 0)
        self.said.append(f"again {ended.seconds:.1f} s")
        self.version = move.target

    def _recover(self, move, fate, epoch):
        ended = self.program.run(["recover"])
        self._expect(ended, 0)
        self.settling = ended.seconds
        self.said.append(f"recover {ended.seconds:.1f} s")
        versions = {self._sound(i).marks for i in self._some(20)}
        allowed = {move.start, move.target} if fate is None else {fate}
        if len(versions) > 1 or not versions <= allowed:
            raise Fault(f"after recover tenants read {sorted(versions)}, not {sorted(allowed)}")
        self.version = versions.pop()
        if self.single:
            self.work.may_read[epoch] = {move.start, self.version}

    # The judge.

    def _some(self, n):
        return self.fleet.sample(self.chance, n)

    def _sound(self, i):
        seen = self.fleet.look(i)
        self.looks += 1
        if seen.integrity != "ok" or seen.marks != seen.applied:
            raise Fault(f"{self.fleet.path(i)}: {seen}")
        return seen

    def judge(self, numbers):
        left = self.fleet.left_over(numbers)
        if left:
            raise Fault(f"left over: {' '.join(left[:10])}")
        for i in numbers:
            seen = self._sound(i)
            if seen.marks != self.version:
                raise Fault(f"{self.fleet.path(i)} is at {seen.marks}, not at {self.version}")
        lost = self.work.rows_lost()
        if lost:
            raise Fault("\n".join(lost))

    def judge_all(self):
        self.judge(range(self.fleet.size))
        self._expect(self.program.run(["log", "--verify"]), 0)
