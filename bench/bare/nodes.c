/* Nodes: what the kernel knows by a number, where they are, and what is open of them. */
#include "bare.h"

enum { BUCKETS = 1 << 16 };

struct node root = { .lookups = 1, .fd = -1, .access = READS };

static struct node *buckets[BUCKETS];
static struct node *open_files[OPEN_FILES];
static unsigned opened;
static pthread_mutex_t table = PTHREAD_MUTEX_INITIALIZER; /* protects: all above, but for a descriptor that is in use */

static struct node **bucket(const struct node *parent, const char *name)
{
    uint64_t hash = (uintptr_t)parent >> 4;
    for (; *name; name++) hash = (hash ^ (unsigned char)*name) * 0x100000001b3;
    return &buckets[(hash ^ hash >> 32) % BUCKETS];
}

static struct node *find(const struct node *parent, const char *name)
{
    struct node *node = *bucket(parent, name);
    while (node && (node->name->parent != parent || strcmp(node->name->text, name))) node = node->next;
    return node;
}

static void take_out(struct node *node)
{
    if (node->is_gone) return;
    struct node **at = bucket(node->name->parent, node->name->text);
    while (*at != node) at = &(*at)->next;
    *at = node->next;
}

static void put_in(struct node *node, struct node *parent, const char *text)
{
    struct name *name = malloc(sizeof *name + strlen(text) + 1);
    *name = (struct name){ .before = node->name, .parent = parent };
    strcpy(name->text, text);
    parent->children++;
    __atomic_store_n(&node->name, name, __ATOMIC_RELEASE);
    struct node **at = bucket(parent, text);
    node->next = *at;
    *at = node;
}

/* Only so many files are open: the one that was opened longest ago is closed. */
static void take_slot(struct node *node)
{
    struct node **slot = &open_files[opened++ % OPEN_FILES], *old = *slot;
    if (old) old->slot = NULL;
    if (old && !old->users) {
        close(old->fd);
        old->fd = -1;
        old->access = NOTHING;
    }
    *slot = node;
    node->slot = slot;
}

/* The node of a name that is there, with one lookup more. */
struct node *look(struct node *parent, const char *name, int fd)
{
    pthread_mutex_lock(&table);
    struct node *node = find(parent, name);
    if (!node) {
        node = calloc(1, sizeof *node);
        node->fd = fd;
        if (fd >= 0) {
            node->access = WRITES;
            take_slot(node);
        }
        put_in(node, parent, name);
    }
    node->lookups++;
    pthread_mutex_unlock(&table);
    return node;
}

static void drop(struct node *node, struct node **dropped)
{
    if (node == &root || node->lookups || node->children) return;
    take_out(node);
    if (node->slot) *node->slot = NULL;
    node->next = *dropped;
    *dropped = node;
    for (struct name *name = node->name; name; name = name->before) {
        name->parent->children--;
        drop(name->parent, dropped);
    }
}

void forget(struct node *node, uint64_t lookups)
{
    struct node *dropped = NULL;
    pthread_mutex_lock(&table);
    node->lookups -= lookups;
    drop(node, &dropped);
    pthread_mutex_unlock(&table);
    for (struct node *next; dropped; dropped = next) {
        next = dropped->next;
        if (dropped->fd >= 0) close(dropped->fd); /* deletes the file where that was unlinked */
        for (struct name *name = dropped->name, *before; name; name = before) {
            before = name->before;
            free(name);
        }
        free(dropped->listing);
        free(dropped);
    }
}

void enter(struct node *node, struct place *place)
{
    if (node == &root || node->is_gone) {
        *place = (struct place){ .dir = AT_FDCWD, .name = place->link };
        sprintf(place->link, "/proc/self/fd/%d", node->fd);
    } else {
        struct name *name = __atomic_load_n(&node->name, __ATOMIC_ACQUIRE);
        *place = (struct place){ .dir = directory(name->parent), .name = name->text, .flags = AT_SYMLINK_NOFOLLOW };
    }
}

void leave(struct node *node)
{
    pthread_mutex_lock(&table);
    node->users--;
    pthread_mutex_unlock(&table);
}

/* The descriptor, until leave(). It stays open after that, while there is room: closing is for nobody to wait for. */
int use(struct node *node, enum access access, int flags)
{
    pthread_mutex_lock(&table);
    node->users++;
    int fd = node->fd;
    bool is_open = fd >= 0 && node->access >= access && !flags;
    pthread_mutex_unlock(&table);
    if (is_open) return fd;

    struct place place;
    enter(node, &place);
    int another = openat(place.dir, place.name, flags | (access == WRITES ? O_RDWR : O_RDONLY) | (place.flags ? O_NOFOLLOW : 0) | O_CLOEXEC);
    pthread_mutex_lock(&table);
    if (another < 0) node->users--;
    else if (node->fd < 0) {
        node->fd = another;
        if (!(flags & O_DIRECTORY)) take_slot(node);
    } else {
        if (node->access < access) dup3(another, node->fd, O_CLOEXEC); /* by its number another thread may be reading */
        close(another);
    }
    if (another >= 0 && node->access < access) node->access = access;
    pthread_mutex_unlock(&table);
    return another < 0 ? -1 : node->fd;
}

/* Directories stay open. */
int directory(struct node *node)
{
    return node->fd >= 0 ? node->fd : use(node, READS, O_DIRECTORY);
}

/* No message tells of opens, so whatever loses its name may be open, and is kept by a descriptor. */
static struct node *keep(struct node *parent, const char *name)
{
    pthread_mutex_lock(&table);
    struct node *node = find(parent, name);
    if (node) node->users++;
    if (node && node->fd < 0) node->fd = openat(parent->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    pthread_mutex_unlock(&table);
    return node;
}

int remove_name(struct node *parent, const char *name, int flags)
{
    struct node *node = keep(parent, name);
    int error = unlinkat(directory(parent), name, flags) ? -errno : 0;
    if (!node) return error;
    pthread_mutex_lock(&table);
    if (error) node->users--;
    else {
        take_out(node);
        node->is_gone = true;
    }
    pthread_mutex_unlock(&table);
    return error;
}

int move_name(struct node *from, const char *old, struct node *to, const char *new, unsigned flags)
{
    if (flags & ~RENAME_NOREPLACE) return -EINVAL;
    struct node *target = keep(to, new);
    int error = renameat2(directory(from), old, directory(to), new, flags) ? -errno : 0;
    pthread_mutex_lock(&table);
    struct node *node = find(from, old);
    if (target && error) target->users--;
    else if (target) {
        take_out(target);
        target->is_gone = true;
    }
    if (node && !error) {
        take_out(node);
        put_in(node, to, new);
    }
    pthread_mutex_unlock(&table);
    return error;
}
