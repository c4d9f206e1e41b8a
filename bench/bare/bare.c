/*
 * bare: a FUSE server that does nothing but pass requests on to a mount of the kernel's overlayfs. What work takes through it beyond the time it
 * takes on overlayfs itself is what FUSE costs, with all remembered that the kernel can remember for a server.
 *
 *     bare LOWER[:LOWER...] UPPER WORK MOUNTPOINT [volatile]
 *
 * It asks the kernel for what OverlayFuse asks for with data=cached, and answers the same requests. To measure with, not to use: each name of a
 * file that has several is a file of its own, names cannot be exchanged nor extended attributes set, and writing takes no setuid away.
 */
#include "bare.h"

#include <err.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <time.h>

enum {
    THREADS = 2,
    LARGE = 64 << 10,
    LOOK_NS = 150 * 1000,
};

static const size_t REQUEST_SIZE = sizeof(struct fuse_in_header) + sizeof(struct fuse_write_in) + LARGEST;

struct worker {
    struct exchange x;
    int looks, sleeps; /* two descriptors of the session: one that never waits for a request, and one that does */
    int asked;         /* the one that the request came from */
    int misses, rest;  /* looks in a row that were for nothing; requests until the next look */
    bool has_turn;
};

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER; /* protects: is_taken */
static pthread_cond_t turn_is_free = PTHREAD_COND_INITIALIZER;
static bool is_taken;
static int session;

static void reply(int device, uint64_t unique, int result, void *body)
{
    struct fuse_out_header out = { .unique = unique, .error = result < 0 ? result : 0, .len = sizeof out + (result > 0 ? result : 0) };
    struct iovec parts[] = { { &out, sizeof out }, { body, out.len - sizeof out } };
    (void)!writev(device, parts, result > 0 ? 2 : 1); /* refused where the caller was interrupted, or the mount is gone */
}

/* Threads: one has the turn to read, and keeps it while what it serves is short. The other stands by where the kernel need not wake it. */

static void take_turn(struct worker *w)
{
    if (w->has_turn) return;
    pthread_mutex_lock(&turn);
    while (is_taken) pthread_cond_wait(&turn_is_free, &turn);
    is_taken = w->has_turn = true;
    pthread_mutex_unlock(&turn);
}

static void give_turn(struct worker *w)
{
    pthread_mutex_lock(&turn);
    is_taken = w->has_turn = false;
    pthread_cond_signal(&turn_is_free);
    pthread_mutex_unlock(&turn);
}

static bool takes_long(const struct worker *w)
{
    const struct fuse_in_header *h = (void *)w->x.request;
    if (h->opcode == FUSE_READ) return ((const struct fuse_read_in *)(h + 1))->size >= LARGE;
    return h->len >= LARGE || h->opcode == FUSE_FSYNC || h->opcode == FUSE_FSYNCDIR || h->opcode == FUSE_COPY_FILE_RANGE;
}

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

/* To be woken costs as much as to serve, so the next request is looked for a while without sleeping; seldom, where that was for nothing. */
static ssize_t next_request(struct worker *w)
{
    if (w->rest-- <= 0) {
        w->asked = w->looks;
        w->rest = 0;
        for (int64_t until = now() + LOOK_NS; now() < until; sched_yield()) {
            ssize_t length = read(w->looks, w->x.request, REQUEST_SIZE);
            if (length < 0 && errno == EAGAIN) continue;
            w->misses = 0;
            return length;
        }
        if (w->misses < 6) w->misses++;
        w->rest = (1 << w->misses) - 1;
    }
    w->asked = w->sleeps;
    return read(w->sleeps, w->x.request, REQUEST_SIZE);
}

static int open_session(int flags)
{
    int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC | flags);
    if (fd < 0 || ioctl(fd, FUSE_DEV_IOC_CLONE, &session)) err(1, "/dev/fuse");
    return fd;
}

static char *pages(size_t size)
{
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) err(1, "mmap");
    return memory;
}

static void *work(void *unused)
{
    /* What is to be written stands at the beginning of a page. */
    struct worker w = { .x = { .request = pages(PAGE + LARGEST) + PAGE + LARGEST - REQUEST_SIZE, .answer = pages(PAGE + LARGEST) } };
    w.looks = open_session(O_NONBLOCK);
    w.sleeps = open_session(0);
    while (true) {
        take_turn(&w);
        ssize_t length = next_request(&w);
        if (length < 0 && (errno == ENOENT || errno == EINTR)) continue;
        if (length < 0) break; /* unmounted, or cut off */
        if (takes_long(&w)) give_turn(&w);
        int result = serve(&w.x);
        if (result != NO_ANSWER) reply(w.asked, ((struct fuse_in_header *)w.x.request)->unique, result, w.x.answer);
    }
    give_turn(&w);
    return unused;
}

/* The beginning and the end */

/* A mount that has no place in the tree of mounts, and is gone with its last descriptor. The layers are added one by one since Linux 6.7. */
static int mount_overlay(const char *layers, const char *upper, const char *work, bool is_volatile)
{
    int fs = fsopen("overlay", FSOPEN_CLOEXEC);
    char *rest = strdup(layers);
    for (char *layer; (layer = strsep(&rest, ":"));)
        if (fsconfig(fs, FSCONFIG_SET_STRING, "lowerdir+", layer, 0)) err(1, "lower directory %s", layer);
    if (fsconfig(fs, FSCONFIG_SET_STRING, "upperdir", upper, 0) || fsconfig(fs, FSCONFIG_SET_STRING, "workdir", work, 0)) err(1, "%s, %s", upper, work);
    if (is_volatile && fsconfig(fs, FSCONFIG_SET_FLAG, "volatile", NULL, 0)) err(1, "volatile");
    int overlay = fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) ? -1 : fsmount(fs, FSMOUNT_CLOEXEC, 0);
    int top = overlay < 0 ? -1 : openat(overlay, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (top < 0) err(1, "overlay");
    close(overlay);
    close(fs);
    return top;
}

static void mount_fuse(const char *place)
{
    char options[100];
    session = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    sprintf(options, "fd=%d,rootmode=40000,user_id=0,group_id=0,default_permissions,allow_other", session);
    if (session < 0 || mount("bare", place, "fuse.bare", MS_NOSUID | MS_NODEV, options)) err(1, "%s", place);
}

static void answer_init(void)
{
    const uint32_t wanted = FUSE_ASYNC_READ | FUSE_EXPORT_SUPPORT | FUSE_BIG_WRITES | FUSE_DO_READDIRPLUS | FUSE_READDIRPLUS_AUTO | FUSE_ASYNC_DIO
        | FUSE_WRITEBACK_CACHE | FUSE_NO_OPEN_SUPPORT | FUSE_NO_OPENDIR_SUPPORT | FUSE_PARALLEL_DIROPS | FUSE_ABORT_ERROR | FUSE_MAX_PAGES
        | FUSE_CACHE_SYMLINKS | FUSE_HANDLE_KILLPRIV_V2 | FUSE_SETXATTR_EXT;
    struct { struct fuse_in_header header; struct fuse_init_in in; char room[FUSE_MIN_READ_BUFFER]; } request;
    if (read(session, &request, sizeof request) < 0) err(1, "INIT");
    struct fuse_init_out out = {
        .major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION, .flags = wanted & request.in.flags, .max_readahead = request.in.max_readahead,
        .max_background = 64, .congestion_threshold = 48, .max_write = LARGEST, .max_pages = LARGEST / PAGE, .time_gran = 1,
    };
    reply(session, request.header.unique, sizeof out, &out);
}

/* As overlayfuse does: INIT raises the read-ahead to 128 KiB at most, and a mount that has no share of dirty memory is held back at first. */
static void tune(const char *place)
{
    static const struct { const char *name; int value; } settings[] = { { "read_ahead_kb", 1024 }, { "max_ratio", 100 }, { "min_ratio", 1 } };
    struct statx s;
    if (statx(AT_FDCWD, place, AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &s)) return;
    for (int n = 0; n < 3; n++) {
        char path[100];
        sprintf(path, "/sys/class/bdi/%u:%u/%s", s.stx_dev_major, s.stx_dev_minor, settings[n].name);
        int fd = open(path, O_WRONLY | O_CLOEXEC);
        dprintf(fd, "%d", settings[n].value);
        close(fd);
    }
}

int main(int count, char **words)
{
    if (count < 5) errx(1, "LOWER[:LOWER...] UPPER WORK MOUNTPOINT [volatile]");
    umask(0); /* modes come from the kernel, less the umask of who asks */
    root.fd = mount_overlay(words[1], words[2], words[3], count > 5);
    mount_fuse(words[4]);
    answer_init();
    tune(words[4]);
    if (fork()) _exit(0); /* it can be used */

    setsid();
    (void)!chdir("/");
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    close(dup2(session, 2 * OPEN_FILES)); /* the table of descriptors has its size: threads would wait for it to grow */
    pthread_t threads[THREADS];
    for (int n = 0; n < THREADS; n++) pthread_create(&threads[n], NULL, work, NULL);
    for (int n = 0; n < THREADS; n++) pthread_join(threads[n], NULL);
    close_range(0, ~0u, 0); /* the overlay goes before the process does: who waits for this finds it gone */
    return 0;
}
