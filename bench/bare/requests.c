/* Requests: each is a system call or two on the overlay. The result is the length of the answer, or an error below 0. */
#include "bare.h"

#include <dirent.h>
#include <stddef.h>
#include <sys/statfs.h>
#include <sys/xattr.h>

static const uint64_t FOREVER = 1u << 30;
static pthread_mutex_t listings = PTHREAD_MUTEX_INITIALIZER; /* protects: listings of nodes and the positions of directories */

static void fill(struct fuse_attr *attr, const struct stat *s)
{
    *attr = (struct fuse_attr){
        .ino = s->st_ino, .size = s->st_size, .blocks = s->st_blocks, .mode = s->st_mode, .nlink = s->st_nlink, .uid = s->st_uid, .gid = s->st_gid,
        .atime = s->st_atim.tv_sec, .mtime = s->st_mtim.tv_sec, .ctime = s->st_ctim.tv_sec, .atimensec = s->st_atim.tv_nsec,
        .mtimensec = s->st_mtim.tv_nsec, .ctimensec = s->st_ctim.tv_nsec, .rdev = s->st_rdev, .blksize = s->st_blksize,
    };
}

static int answer_attr(struct exchange *x, struct node *node)
{
    struct fuse_attr_out *out = (void *)x->answer;
    struct place place;
    struct stat s;
    enter(node, &place);
    if (fstatat(place.dir, place.name, &s, place.flags)) return -errno;
    *out = (struct fuse_attr_out){ .attr_valid = FOREVER };
    fill(&out->attr, &s);
    return sizeof *out;
}

static void fill_entry(struct fuse_entry_out *entry, struct node *node, const struct stat *s)
{
    *entry = (struct fuse_entry_out){ .nodeid = (uintptr_t)node, .entry_valid = FOREVER, .attr_valid = FOREVER };
    fill(&entry->attr, s);
}

static int answer_entry(struct exchange *x, struct node *parent, const char *name, int fd)
{
    struct fuse_entry_out *out = (void *)x->answer;
    struct stat s;
    if (fd >= 0 ? fstat(fd, &s) : fstatat(directory(parent), name, &s, AT_SYMLINK_NOFOLLOW)) {
        if (errno != ENOENT) return -errno;
        *out = (struct fuse_entry_out){ .entry_valid = FOREVER }; /* not there, for ever */
        return sizeof *out;
    }
    fill_entry(out, look(parent, name, fd), &s);
    return sizeof *out;
}

/* Something was made, unless error says otherwise, and is the caller's. */
static int answer_made(struct exchange *x, int error, struct node *parent, const char *name, int fd)
{
    const struct fuse_in_header *h = (void *)x->request;
    if (error < 0) return -errno;
    if (h->uid || h->gid) fchownat(directory(parent), name, h->uid, h->gid, AT_SYMLINK_NOFOLLOW);
    return answer_entry(x, parent, name, fd);
}

static int make_node(struct exchange *x, struct node *parent, const struct fuse_mknod_in *in)
{
    const char *name = (void *)(in + 1);
    if (!S_ISREG(in->mode)) return answer_made(x, mknodat(directory(parent), name, in->mode, in->rdev), parent, name, -1);
    int fd = openat(directory(parent), name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, in->mode & 07777); /* it will be written to */
    return answer_made(x, fd, parent, name, fd);
}

static int set_attr(struct exchange *x, struct node *node, const struct fuse_setattr_in *in)
{
    const uint32_t valid = in->valid;
    struct place place;
    if (valid & FATTR_SIZE) {
        int fd = use(node, WRITES, in->size == 0 && node->access != WRITES ? O_TRUNC : 0); /* what is cut off need not be copied up */
        int error = fd < 0 || ftruncate(fd, in->size) ? -errno : 0;
        if (fd >= 0) leave(node);
        if (error) return error;
    }
    enter(node, &place);
    if (valid & (FATTR_UID | FATTR_GID)) {
        uid_t uid = valid & FATTR_UID ? in->uid : (uid_t)-1;
        gid_t gid = valid & FATTR_GID ? in->gid : (gid_t)-1;
        if (fchownat(place.dir, place.name, uid, gid, place.flags)) return -errno;
    }
    if (valid & FATTR_MODE && fchmodat(place.dir, place.name, in->mode & 07777, 0)) return -errno;

    /* The writeback cache tells the time of each file that was unlinked: no reason to copy that up. */
    bool is_farewell = node->is_gone && valid & FATTR_CTIME && !(valid & FATTR_ATIME);
    if (valid & (FATTR_ATIME | FATTR_MTIME) && !is_farewell) {
        struct timespec times[] = { { in->atime, in->atimensec }, { in->mtime, in->mtimensec } };
        if (!(valid & FATTR_ATIME)) times[0].tv_nsec = UTIME_OMIT;
        if (!(valid & FATTR_MTIME)) times[1].tv_nsec = UTIME_OMIT;
        if (valid & FATTR_ATIME_NOW) times[0].tv_nsec = UTIME_NOW;
        if (valid & FATTR_MTIME_NOW) times[1].tv_nsec = UTIME_NOW;
        if (utimensat(place.dir, place.name, times, place.flags)) return -errno;
    }
    return answer_attr(x, node);
}

static int list(struct exchange *x, struct node *node, const struct fuse_read_in *in, bool plus)
{
    int fd = directory(node);
    if (fd < 0) return -errno;
    struct listing *l = node->listing;
    if (!l) l = node->listing = calloc(1, sizeof *l);
    if (in->offset == 0 || in->offset != l->at) {
        lseek(fd, in->offset, SEEK_SET);
        l->at = in->offset;
        l->done = l->length = 0;
    }
    size_t length = 0, head = plus ? offsetof(struct fuse_direntplus, dirent) : 0;
    while (true) {
        if (l->done == l->length) {
            ssize_t got = getdents64(fd, l->bytes, sizeof l->bytes);
            if (got < 0) return -errno;
            if (got == 0) break;
            l->done = 0;
            l->length = got;
        }
        const struct dirent64 *d = (void *)(l->bytes + l->done);
        size_t name_length = strlen(d->d_name), size = head + FUSE_DIRENT_ALIGN(FUSE_NAME_OFFSET + name_length);
        if (length + size > in->size) return length;
        struct fuse_dirent *dirent = (void *)(x->answer + length + head);
        *dirent = (struct fuse_dirent){ .ino = d->d_ino, .off = d->d_off, .namelen = name_length, .type = d->d_type };
        memcpy(dirent->name, d->d_name, name_length);
        if (plus) {
            struct fuse_entry_out *entry = (void *)(x->answer + length);
            struct stat s;
            bool is_dots = !strcmp(d->d_name, ".") || !strcmp(d->d_name, "..");
            if (is_dots || fstatat(fd, d->d_name, &s, AT_SYMLINK_NOFOLLOW)) memset(entry, 0, sizeof *entry);
            else fill_entry(entry, look(node, d->d_name, -1), &s);
        }
        length += size;
        l->done += d->d_reclen;
        l->at = d->d_off;
    }
    if (length == 0) {
        free(l);
        node->listing = NULL;
    }
    return length;
}

/* One attribute, or the list of them: of an open file, or by a path, the last part of which is followed where it is a link to a descriptor. */
static int get_xattr(struct exchange *x, struct node *node, const char *name, size_t size)
{
    ssize_t length;
    if (name && node->access != NOTHING) {
        int fd = use(node, READS, 0);
        length = fgetxattr(fd, name, x->answer, size);
        if (fd >= 0) leave(node);
    } else {
        struct place place;
        char path[NAME_MAX + 40];
        enter(node, &place);
        bool is_link = place.dir == AT_FDCWD;
        if (is_link) strcpy(path, place.link);
        else sprintf(path, "/proc/self/fd/%d/%s", place.dir, place.name);
        if (name) length = (is_link ? getxattr : lgetxattr)(path, name, x->answer, size);
        else length = (is_link ? listxattr : llistxattr)(path, x->answer, size);
    }
    if (length < 0) return -errno;
    if (size > 0) return length;
    *(struct fuse_getxattr_out *)x->answer = (struct fuse_getxattr_out){ .size = length };
    return sizeof(struct fuse_getxattr_out);
}

static int stat_fs(struct exchange *x)
{
    struct fuse_statfs_out *out = (void *)x->answer;
    struct statfs s;
    if (fstatfs(root.fd, &s)) return -errno;
    *out = (struct fuse_statfs_out){ { .blocks = s.f_blocks, .bfree = s.f_bfree, .bavail = s.f_bavail, .files = s.f_files, .ffree = s.f_ffree,
        .bsize = s.f_bsize, .namelen = s.f_namelen, .frsize = s.f_frsize } };
    return sizeof *out;
}

static int read_data(struct exchange *x, struct node *node, const struct fuse_read_in *in)
{
    int fd = use(node, READS, 0);
    ssize_t length = fd < 0 ? -1 : pread(fd, x->answer, in->size, in->offset);
    if (length < 0) length = -errno;
    if (fd >= 0) leave(node);
    return length;
}

static int answer_written(struct exchange *x, ssize_t length)
{
    if (length < 0) return -errno;
    *(struct fuse_write_out *)x->answer = (struct fuse_write_out){ .size = length };
    return sizeof(struct fuse_write_out);
}

static int write_data(struct exchange *x, struct node *node, const struct fuse_write_in *in)
{
    int fd = use(node, WRITES, 0);
    int length = answer_written(x, fd < 0 ? -1 : pwrite(fd, in + 1, in->size, in->offset));
    if (fd >= 0) leave(node);
    return length;
}

static int copy(struct exchange *x, struct node *from, const struct fuse_copy_file_range_in *in)
{
    loff_t from_offset = in->off_in, to_offset = in->off_out;
    struct node *to = node_of(in->nodeid_out);
    int source = use(from, READS, 0), target = use(to, WRITES, 0);
    int length = answer_written(x, source < 0 || target < 0 ? -1 : copy_file_range(source, &from_offset, target, &to_offset, in->len, 0));
    if (source >= 0) leave(from);
    if (target >= 0) leave(to);
    return length;
}

static int sync_node(struct node *node, const struct fuse_fsync_in *in)
{
    int fd = use(node, READS, 0);
    int error = fd < 0 || (in->fsync_flags & FUSE_FSYNC_FDATASYNC ? fdatasync(fd) : fsync(fd)) ? -errno : 0;
    if (fd >= 0) leave(node);
    return error;
}

int serve(struct exchange *x)
{
    const struct fuse_in_header *h = (void *)x->request;
    const char *text = x->request + sizeof *h;
    const void *in = text;
    struct node *node = node_of(h->nodeid);
    switch (h->opcode) {
    case FUSE_LOOKUP: return answer_entry(x, node, text, -1);
    case FUSE_GETATTR: return answer_attr(x, node);
    case FUSE_SETATTR: return set_attr(x, node, in);
    case FUSE_MKNOD: return make_node(x, node, in);
    case FUSE_SYMLINK: return answer_made(x, symlinkat(text + strlen(text) + 1, directory(node), text), node, text, -1);
    case FUSE_UNLINK: return remove_name(node, text, 0);
    case FUSE_RMDIR: return remove_name(node, text, AT_REMOVEDIR);
    case FUSE_READ: return read_data(x, node, in);
    case FUSE_WRITE: return write_data(x, node, in);
    case FUSE_COPY_FILE_RANGE: return copy(x, node, in);
    case FUSE_FSYNC: return sync_node(node, in);
    case FUSE_STATFS: return stat_fs(x);
    case FUSE_LISTXATTR: return get_xattr(x, node, NULL, ((const struct fuse_getxattr_in *)in)->size);
    case FUSE_GETXATTR: return get_xattr(x, node, text + sizeof(struct fuse_getxattr_in), ((const struct fuse_getxattr_in *)in)->size);
    case FUSE_INTERRUPT: return NO_ANSWER;
    case FUSE_MKDIR: {
        const char *name = text + sizeof(struct fuse_mkdir_in);
        return answer_made(x, mkdirat(directory(node), name, ((const struct fuse_mkdir_in *)in)->mode), node, name, -1);
    }
    case FUSE_LINK: {
        const char *name = text + sizeof(struct fuse_link_in);
        struct place place;
        enter(node_of(((const struct fuse_link_in *)in)->oldnodeid), &place);
        return linkat(place.dir, place.name, directory(node), name, 0) ? -errno : answer_entry(x, node, name, -1);
    }
    case FUSE_RENAME:
    case FUSE_RENAME2: {
        const struct fuse_rename2_in *rename = in;
        const char *old = text + (h->opcode == FUSE_RENAME ? sizeof(struct fuse_rename_in) : sizeof *rename);
        return move_name(node, old, node_of(rename->newdir), old + strlen(old) + 1, h->opcode == FUSE_RENAME ? 0 : rename->flags);
    }
    case FUSE_READLINK: {
        struct place place;
        enter(node, &place);
        ssize_t length = readlinkat(place.dir, place.name, x->answer, PAGE);
        return length < 0 ? -errno : length;
    }
    case FUSE_FSYNCDIR: return directory(node) < 0 ? -errno : sync_node(node, in);
    case FUSE_READDIR:
    case FUSE_READDIRPLUS: {
        pthread_mutex_lock(&listings);
        int length = list(x, node, in, h->opcode == FUSE_READDIRPLUS);
        pthread_mutex_unlock(&listings);
        return length;
    }
    case FUSE_FORGET:
        forget(node, ((const struct fuse_forget_in *)in)->nlookup);
        return NO_ANSWER;
    case FUSE_BATCH_FORGET: {
        const struct fuse_forget_one *one = (void *)(text + sizeof(struct fuse_batch_forget_in));
        for (unsigned n = 0; n < ((const struct fuse_batch_forget_in *)in)->count; n++) forget(node_of(one[n].nodeid), one[n].nlookup);
        return NO_ANSWER;
    }
    default: return -ENOSYS; /* OPEN, OPENDIR, CREATE and FLUSH among them: the kernel does without from now on */
    }
}
