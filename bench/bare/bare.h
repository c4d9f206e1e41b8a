/* What the files of bare share. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fuse.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PAGE = 4096,
    LARGEST = 1 << 20, /* bytes of a READ or a WRITE */
    OPEN_FILES = 4096,
    NO_ANSWER = INT_MIN,
};

/* Where a node is. Another thread may be using the name that a rename replaces, so that stays until the node goes. */
struct name {
    struct name *before;
    struct node *parent;
    char text[];
};

enum access { NOTHING, READS, WRITES };

struct node {
    struct node *next; /* in its bucket */
    struct name *name;
    uint64_t lookups;
    unsigned children; /* names that have it as their parent */
    unsigned users;    /* of the descriptor, which stays open meanwhile */
    int fd;            /* -1, or open for what access says; NOTHING: O_PATH */
    enum access access;
    bool is_gone;      /* it has no name any more, and is reached by its descriptor */
    struct node **slot;
    struct listing *listing;
};

/* What was read of a directory and not asked for yet. */
struct listing {
    uint64_t at;
    size_t done, length;
    char bytes[32 << 10];
};

/* What *at(2) functions take. */
struct place {
    int dir;
    const char *name;
    int flags;
    char link[32];
};

/* A request, and the room for its answer. */
struct exchange {
    char *request, *answer;
};

extern struct node root;

static inline struct node *node_of(uint64_t id)
{
    return id == FUSE_ROOT_ID ? &root : (struct node *)id;
}

/* nodes.c */
struct node *look(struct node *parent, const char *name, int fd);
void forget(struct node *node, uint64_t lookups);
void enter(struct node *node, struct place *place);
int use(struct node *node, enum access access, int flags);
void leave(struct node *node);
int directory(struct node *node);
int remove_name(struct node *parent, const char *name, int flags);
int move_name(struct node *from, const char *old, struct node *to, const char *new, unsigned flags);

/* requests.c */
int serve(struct exchange *x);
