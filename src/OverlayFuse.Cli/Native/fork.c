/*
 * Forks the daemon of a mount before the runtime starts: afterwards it has threads, and cannot be forked any more. The child goes on to Main and
 * becomes the daemon (ForkedDaemon.cs); the parent, which never starts the runtime, waits until the mount is live, or ends as the child did.
 *
 * Only for command lines that are certainly a mount in the background. For all else the command starts the daemon itself (DaemonLauncher.cs).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Holds the number of the descriptor at which the parent waits for a byte. As ForkedDaemon.Variable. */
static const char variable[] = "OVERLAYFUSE_CALLER";

/* As CommandWords.TakeValue. */
static const char *const take_value[] = {"-o", "--options", "-t", "-N", "--layers", "--log"};

/* What mount.fuse3(8) mostly puts first, who knows our own name only. */
static const char *const sources[] = {"none", "overlay", "overlayfuse"};

/* As DropInCommand has them. */
static const char *const no_matter[] = {"-n", "-s", "-v"};

static bool is_one_of(const char *word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(word, words[i]) == 0)
            return true;
    return false;
}

#define IS_ONE_OF(word, words) is_one_of(word, words, sizeof(words) / sizeof(*(words)))

static bool starts_with(const char *word, const char *start)
{
    return strncmp(word, start, strlen(start)) == 0;
}

/* By this name of ours, a first word may be any verb; by those that others call us by, there are none. */
static bool knows_verbs(const char *program)
{
    const char *name = strrchr(program, '/');
    name = name ? name + 1 : program;
    return !starts_with(name, "mount.") && strcmp(name, "fuse-overlayfs") != 0;
}

/* True only for a mount that certainly leaves the foreground: the mount option "debug" would keep it there. */
static bool is_mount(int count, char **words)
{
    int places = 0, options = 0, first = 1;
    if (count < 3)
        return false;
    if (knows_verbs(words[0]) && words[1][0] != '-' && !IS_ONE_OF(words[1], sources)) {
        if (strcmp(words[1], "mount") != 0)
            return false;
        first = 2;
    }
    for (int i = first; i < count; i++) {
        const char *word = words[i];
        bool is_option = starts_with(word, "-o");
        if (word[0] != '-') {
            places++;
            continue;
        }
        if (IS_ONE_OF(word, take_value)) {
            if (++i == count)
                return false;
            word = words[i];
        } else if (!is_option && !IS_ONE_OF(word, no_matter)) {
            return false;
        }
        if (strstr(word, "debug"))
            return false;
        options++;
    }
    return places > 0 && options > 0;
}

/* A pipe with no end among the standard streams, which the caller may have closed; and gone from whatever either side starts. */
static bool open_pipe(int ends[2])
{
    int low[2];
    if (pipe2(low, O_CLOEXEC) != 0)
        return false;
    for (int i = 0; i < 2; i++) {
        ends[i] = fcntl(low[i], F_DUPFD_CLOEXEC, 3);
        close(low[i]);
    }
    if (ends[0] >= 0 && ends[1] >= 0)
        return true;
    close(ends[0]);
    close(ends[1]);
    return false;
}

/* Whatever there is to say, the child has said by then; unless something ended it. */
static _Noreturn void wait_until_live(int pipe, pid_t child)
{
    char byte;
    ssize_t got;
    int status;
    do
        got = read(pipe, &byte, 1);
    while (got < 0 && errno == EINTR);
    if (got == 1)
        _exit(0);
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            _exit(1);
    if (WIFEXITED(status))
        _exit(WEXITSTATUS(status));
    dprintf(2, "overlayfuse: the daemon ended before the mount was live (signal %d). Run the same command with -f to see more.\n", WTERMSIG(status));
    _exit(1);
}

/* A shell ignores SIGINT in what runs in its background, nohup(1) SIGHUP: a daemon ends by either. */
static void defaults_of_signals(void)
{
    sigset_t none;
    for (int number = 1; number <= SIGRTMAX; number++)
        signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

__attribute__((constructor)) static void fork_daemon(int count, char **words)
{
    int ends[2];
    char number[16];
    unsetenv(variable);
    if (!is_mount(count, words) || !open_pipe(ends))
        return;
    signal(SIGCHLD, SIG_DFL); /* where it is ignored, nobody is told how a child ended */
    pid_t child = fork();
    if (child > 0) {
        close(ends[1]);
        wait_until_live(ends[0], child);
    }
    close(ends[0]);
    if (child == 0) {
        defaults_of_signals();
        snprintf(number, sizeof number, "%d", ends[1]);
        if (setenv(variable, number, 1) != 0)
            _exit(1);
        return;
    }
    close(ends[1]);
}
