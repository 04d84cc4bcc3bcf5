"""The system calls that a media process may make once its devices are open.

Found by running calls (VP8, Opus, ALSA, V4L2) under this list; what is not here fails with EPERM.
Not here, on purpose: execve, fork, kill, ptrace, mount, chmod, unlink, rename, setuid, bpf.
`socket`, `socketpair`, `clone` and `clone3` have rules of their own in `sandbox.py`.
"""

from typing import Final

_MEMORY = "brk mmap munmap mprotect mremap madvise mlock munlock membarrier"
_THREADS = (
    "futex set_robust_list get_robust_list rseq gettid getpid getppid sched_yield "
    "sched_getaffinity sched_getparam sched_getscheduler sched_setscheduler sched_get_priority_max "
    "sched_get_priority_min set_tid_address exit exit_group prctl arch_prctl restart_syscall"
)
_SIGNALS = "rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack rt_sigtimedwait"
_TIME = (
    "clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time timerfd_create "
    "timerfd_settime setitimer"
)
_WAITING = (
    "poll ppoll select pselect6 epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 "
    "eventfd2 pipe pipe2"
)
_FILES = (
    "read write readv writev pread64 lseek close close_range open openat stat lstat fstat "
    "newfstatat statx access faccessat faccessat2 readlink readlinkat getdents64 getcwd fcntl "
    "dup dup2 dup3 ioctl ftruncate fsync statfs fstatfs"
)
_NETWORK = (
    "bind connect getsockname getpeername setsockopt getsockopt sendto recvfrom sendmsg recvmsg "
    "sendmmsg recvmmsg shutdown"
)
_SOUND = "shmget shmat shmdt shmctl semget semop semtimedop semctl"
"""ALSA's dmix and dsnoop share the card by System V memory."""
_FACTS = (
    "getrandom uname sysinfo getrusage getuid geteuid getgid getegid getgroups getrlimit prlimit64 "
    "getpriority getcpu times umask"
)

ALLOWED: Final[tuple[str, ...]] = tuple(
    " ".join(
        (_MEMORY, _THREADS, _SIGNALS, _TIME, _WAITING, _FILES, _NETWORK, _SOUND, _FACTS)
    ).split()
)
