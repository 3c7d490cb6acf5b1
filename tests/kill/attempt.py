"""One try: a kill at one point (or two), and what the judge says after each step.

    the run is killed at call n  ->  (recover is killed at call m)  ->  recover  ->  up, to its end

What varies from point to point follows from the seed and the point, so that a try can be repeated:
    - the state folder is removed after the kill, or kept
    - before recover the stock shell opens every tenant, or some, or none; in the last two cases it
      looks at copies of all of them (a journal names its super-journal by its full path, so a copy is
      settled as its tenant would be, and the tenant is not touched)
    - who holds WAL-live tenants open goes away before recover, or stays
    - some go straight to up, which has to settle what lies there as recover does
What is on disk after call n is what is there before call n + 1, so "before" and "after" between them
try each state with and without the state folder, looked at and untouched.
"""

import zlib
from dataclasses import dataclass

import contract
import fleet as fleets
from judge import Fault
from points import Point


@dataclass(frozen=True)
class Campaign:
    mode: str
    ending: str
    size: int
    options: tuple = ()
    threads: int = 1

    def title(self):
        parts = [fleets.MODES[self.mode], f"{self.size} tenant{'s' if self.size > 1 else ''}"]
        parts.append(fleets.ENDINGS[self.ending])
        parts += [contract.OPTIONS[o]["title"] for o in self.options]
        parts += [f"{self.threads} threads"] if self.threads > 1 else []
        return ", ".join(parts)

    def live(self):
        return self.mode in ("wal-live", "mixed")

    def arguments(self):
        words = f"--mode {self.mode} --ending {self.ending} --size {self.size}"
        words += "".join(f" --option {o}" for o in self.options)
        return words + (f" --threads {self.threads}" if self.threads > 1 else "")


@dataclass(frozen=True)
class Variant:
    removed: bool
    opens: str  # all, some, none
    leaves: bool
    straight: bool


def variant_of(campaign, seed, p, double):
    """Of a double kill by the first point alone, so that all recoveries from there are alike."""
    if double:
        bits = zlib.crc32(f"{seed}/{p.n}/{p.when}".encode())
        removed = p.when == "before"
        opens = ("all", "none", "none", "some")[bits & 3]
    else:
        bits = p.n + seed
        removed = bits & 1 == 0
        opens = "all" if p.when == "before" else ("some", "none")[bits >> 1 & 1]
    return Variant(
        removed=removed and not campaign.live(),
        opens=opens,
        leaves=bits >> 2 & 1 == 0,
        straight=p.when == "after" and bits >> 3 & 1 == 0 and not double,
    )


@dataclass
class Result:
    point: Point
    kills: int = 0
    fault: tuple = None  # kind, text
    call: str = ""  # where it was killed last
    kept: str = ""


class Attempt:
    def __init__(self, bench, seed, p, double=False):
        self.bench, self.judge, self.p = bench, bench.judge, p
        self.double = double or p.m > 0
        self.variant = variant_of(bench.campaign, seed, p, self.double)
        self.result = Result(p)
        self.atomic = {t.id for t in bench.fleet if not t.live}
        self.before = None  # the versions the judge saw before recover
        self.certain = False  # the run said that it has come to its end
        self.stage = ""

    def run(self, only_kill=False):
        try:
            self._kill()
            if not only_kill:
                self._judge_kill()
                if self.p.m:
                    self._kill_recover()
                self._open_some()
                if self.variant.leaves:
                    self.bench.holder.drop()
                if not self.variant.straight:
                    self._recover()
                self._up_afterwards()
        except Fault as fault:
            self.result.fault = (fault.kind, f"{self.stage}: {fault}")
        return self.result

    def count_recover(self):
        """The calls of the recover that follows this kill."""
        self._kill()
        self._open_some()
        recover = contract.recover(self.bench.campaign.threads)
        return self.bench.program.count(self.bench.folder, recover, locks=False).trace

    # The steps.

    def _kill(self):
        bench, p = self.bench, self.p
        self.stage = "run"
        bench.restore()
        bench.hold()
        ended = bench.program.kill(
            bench.folder, bench.arguments(), p.n, p.when, locks=not self.double
        )
        self._note(ended)
        if not ended.killed:
            self._expect(ended, self._code_at_end())
        self.certain = not ended.killed or contract.SAYS_DONE.search(ended.out) is not None
        if self.variant.removed:
            bench.forget_state()

    def _judge_kill(self):
        self.stage = "before recover"
        if self.p.m and self.variant.opens != "all":
            return  # the single kill at this point has been judged
        self._look_before()

    def _kill_recover(self):
        bench = self.bench
        self.stage = "recover"
        self._open_some()
        recover = contract.recover(bench.campaign.threads)
        ended = bench.program.kill(bench.folder, recover, self.p.m, self.p.when2, locks=False)
        self._note(ended)
        if not ended.killed:
            self._expect(ended, contract.DONE)
        self.stage = "after recover was killed"
        self._look_before()

    def _recover(self):
        bench = self.bench
        self.stage = "recover"
        recover = bench.program.run(bench.folder, contract.recover(bench.campaign.threads))
        self._expect(recover, contract.DONE)
        self.stage = "after recover"
        self.judge.nothing_left(bench.folder)
        versions = self._look(bench.folder)
        self.judge.one_version(versions, self._together_at_end())
        self._same_as_before(versions)
        if self.certain:
            self._at_target(versions)

    def _up_afterwards(self):
        """Once for each state of a single kill, and for some of a double one."""
        bench = self.bench
        if (self.p.m % 8 != 1) if self.p.m else self.p.when == "before":
            return
        self.stage = "up afterwards"
        bench.mend()
        self._expect(bench.program.run(bench.folder, contract.up(1)), contract.DONE)
        self.judge.nothing_left(bench.folder)
        versions = self._look(bench.folder)
        self.judge.all_at(versions, "head")

    # What is asked at each.

    def _look(self, folder):
        versions = self.judge.look(folder)
        self.judge.files(self.bench.folder)
        return versions

    def _look_before(self):
        """Tenants are settled by the stock shell alone here, so only atomic ones need agree."""
        in_place = self.variant.opens == "all"
        versions = self._look(self.bench.folder if in_place else self.bench.copy_for_look())
        together = [[id for id in g if id in self.atomic] for g in self.judge.groups]
        self.judge.one_version(versions, together)
        self._same_as_before(versions)
        self.before = versions
        if self.certain and not self.p.m:
            self._at_target(versions)

    def _open_some(self):
        if self.variant.opens == "some":
            self.judge.open(self.bench.folder, self.bench.fleet[::2])

    def _same_as_before(self, versions):
        """Recovery settles as stock SQLite does; only several groups may have to be undone."""
        if self.before is None or len(self.judge.groups) > 1:
            return
        for id in sorted(self.atomic):
            if versions[id] != self.before[id]:
                raise Fault("torn", f"{id} was at {self.before[id]} before, now {versions[id]}")

    def _together_at_end(self):
        """Several groups are one through the run log; without it each is one by itself."""
        if self.variant.removed:
            return self.judge.groups
        return [[t.id for t in self.bench.fleet]]

    def _at_target(self, versions):
        self.judge.all_at(versions, "head" if self.bench.campaign.ending == "commit" else "base")

    def _code_at_end(self):
        failing = self.bench.campaign.ending == "failing"
        return contract.FAILED if failing else contract.DONE

    def _expect(self, ended, code):
        if ended.code != code:
            raise Fault("wrong", f"exit {ended.code}, not {code} ({ended.last_words()})")

    def _note(self, ended):
        if ended.killed:
            self.result.kills += 1
        self.result.call = ended.trace[-1] if ended.killed else "its end"
