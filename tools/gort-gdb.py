# gort-gdb.py: goroutines in gdb.
#
#	(gdb) source gort-gdb.py          share/gort/gort-gdb.py where it is installed
#	(gdb) info goroutines             all of them: id, status, what they wait for, where
#	(gdb) goroutine 5 bt              a command with goroutine 5's registers
#	(gdb) goroutine all bt
#
# Works on a process and on a core file, with the library's debug information (the driver's builds
# have it). A goroutine that does not run lies in memory as gswitch has left it
# (src/arch/amd64/switch.S): its callee-saved registers and its return address at g->sched.sp. In a
# process the registers of the selected thread are exchanged for those, the command is run, and
# they are put back. A core file's registers cannot be changed: there only bt works, along the
# frame pointers.

import gdb

STATUS = {1: "runnable", 2: "running", 3: "syscall", 4: "waiting", 5: "preempted"}
ALLGS_CHUNK = 1 << 16


def value(expression):
    return gdb.parse_and_eval(expression)


def word(address):
    return int(value("*(unsigned long *)%d" % address))


def goroutines():
    chunks = value("allgschunks")
    for i in range(int(value("nallgs"))):
        g = chunks[i // ALLGS_CHUNK]["g"][i % ALLGS_CHUNK]
        if int(g) != 0 and int(g["atomicstatus"]) != 0:
            yield g


def thread_of(g):
    """The thread that g is on, or None."""
    m = g["m"]
    if int(m) == 0:
        return None
    tid = int(m["tid"])
    for thread in gdb.selected_inferior().threads():
        if tid in (thread.ptid[1], thread.ptid[2]):
            return thread
    return None


def registers(g):
    """pc, sp, fp of a goroutine that is not on a CPU; None if it is."""
    status = int(g["atomicstatus"])
    if int(g["syscallsp"]) != 0 and status in (2, 3, 5):
        return int(g["syscallpc"]), int(g["syscallsp"]), int(g["syscallfp"])
    if status in (2, 3, 5):
        return None
    sp = int(g["sched"]["sp"])
    return word(sp + 48), sp + 56, word(sp + 40)


def saved(g):
    """All that a switch keeps, by name; {} if a signal or a call has the rest."""
    if int(g["syscallsp"]) != 0 and int(g["atomicstatus"]) in (2, 3, 5):
        return {}
    sp = int(g["sched"]["sp"])
    names = ["r15", "r14", "r13", "r12", "rbx"]
    return {name: word(sp + 8 * i) for i, name in enumerate(names)}


def place(pc):
    """function at file:line"""
    # The function as it was called, not what is inlined there.
    block, name = gdb.block_for_pc(pc - 1), None
    while block is not None and not block.is_static:
        if block.function is not None:
            name = block.function.name
        block = block.superblock
    if name is None:
        text = gdb.execute("info symbol %d" % pc, to_string=True)
        name = text.split()[0] if not text.startswith("No symbol") else "??"
    sal = gdb.find_pc_line(pc - 1)
    if sal.symtab is None:
        return name
    return "%s at %s:%d" % (name, sal.symtab.filename, sal.line)


def walk(g):
    """(pc, fp) of each frame, by frame pointers."""
    pc, sp, fp = registers(g)
    low, high = sp, int(g["stack"]["hi"])
    while pc != 0:
        yield pc
        if not low <= fp < high or fp % 8 != 0:
            return
        pc, low, fp = word(fp + 8), fp + 16, word(fp)


def outermost_user(g):
    """The innermost frame that is not the runtime's own."""
    first = None
    for pc in walk(g):
        text = place(pc)
        first = first or text
        if "/src/" not in text and " at src/" not in text:
            return text
    return first


class InfoGoroutines(gdb.Command):
    """Lists goroutines: * if it runs, id, status, where it is."""

    def __init__(self):
        super().__init__("info goroutines", gdb.COMMAND_STACK, gdb.COMPLETE_NONE)

    def invoke(self, argument, from_tty):
        reasons = value("waitReasonStrings")
        for g in goroutines():
            status = int(g["atomicstatus"])
            text = STATUS.get(status, "status %d" % status)
            if status == 4:
                text = reasons[int(g["waitreason"])].string()
            if registers(g) is not None:
                where = outermost_user(g)
            else:
                thread = thread_of(g)
                where = "on thread %d" % thread.num if thread is not None else "?"
            print("%s %d [%s] %s" % ("*" if status == 2 else " ", int(g["goid"]), text, where))


class Goroutine(gdb.Command):
    """goroutine ID COMMAND, goroutine all COMMAND: runs a gdb command on a goroutine's stack."""

    def __init__(self):
        super().__init__("goroutine", gdb.COMMAND_STACK, gdb.COMPLETE_NONE)

    def invoke(self, argument, from_tty):
        words = argument.split(None, 1)
        if len(words) != 2:
            raise gdb.GdbError("usage: goroutine ID COMMAND, or goroutine all COMMAND")
        found = False
        for g in list(goroutines()):
            goid = int(g["goid"])
            if words[0] == "all":
                print("goroutine %d:" % goid)
            elif words[0] != str(goid):
                continue
            found = True
            self.run(g, words[1])
        if not found:
            raise gdb.GdbError("no goroutine %s" % words[0])

    def run(self, g, command):
        frame = registers(g)
        if frame is None:
            thread = thread_of(g)
            if thread is None:
                raise gdb.GdbError("goroutine %d has no thread here" % int(g["goid"]))
            before = gdb.selected_thread()
            try:
                thread.switch()
                gdb.execute(command)
            finally:
                before.switch()
            return
        if not self.live():
            if command.split()[0] not in ("bt", "backtrace", "where"):
                raise gdb.GdbError("a core file's registers cannot be changed: only bt")
            for n, pc in enumerate(walk(g)):
                print("#%-2d 0x%x in %s" % (n, pc, place(pc)))
            return
        wanted = dict(saved(g), pc=frame[0], sp=frame[1], rbp=frame[2])
        gdb.execute("frame 0", to_string=True)
        kept = {name: int(value("(unsigned long)$%s" % name)) for name in wanted}
        try:
            # sp first: gdb throws its frames away at each change.
            for name in sorted(wanted, key=lambda n: n != "sp"):
                gdb.execute("set $%s = %d" % (name, wanted[name]))
            gdb.execute(command)
        finally:
            gdb.execute("frame 0", to_string=True)
            for name in sorted(kept, key=lambda n: n != "sp"):
                gdb.execute("set $%s = %d" % (name, kept[name]))

    @staticmethod
    def live():
        target = gdb.execute("info target", to_string=True)
        return "core" not in target.split("\n")[1] and "Local core dump file" not in target


InfoGoroutines()
Goroutine()
