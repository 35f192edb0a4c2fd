/* Runs a program and lets some of its writing system calls fail, or kills it there.
 *
 *     failing DIRECTORY LOG [AT:HOW[,AT:HOW]] COMMAND...
 *
 * Every call that changes something below DIRECTORY, an absolute path without links, is counted from 1 and gets a line in LOG:
 * its name, a tab, and the file. Call AT fails with errno HOW; where HOW is 0, the program is killed in its place. Ends as the
 * program does, or with 125 where the system cannot do it: the program itself never ends with that.
 *
 * The calls are watched by the kernel (seccomp's user notifications) and not by a library that is loaded before others: much of
 * what the program does goes past the C library. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define CANNOT 125

/* Where a call says which file it changes. */
enum place {
    FD,      /* argument 0 is open */
    SECOND,  /* argument 2 is open: the one that is copied into */
    PATH,    /* argument 0 is a path */
    AT,      /* arguments 0 and 1 are a directory and a path */
    TWO,     /* 0 and 1 are paths; the second counts */
    TWO_AT,  /* 0 to 3 are two directories and paths; the second counts */
    NEW_AT,  /* arguments 1 and 2: a link */
    OPEN,    /* as AT, if it creates */
};

static const struct {
    int number;
    const char *name;
    enum place place;
} CALLS[] = {
#define CALL(name, place) {__NR_##name, #name, place},
    CALL(write, FD) CALL(pwrite64, FD) CALL(writev, FD) CALL(pwritev, FD) CALL(pwritev2, FD)
    CALL(fsync, FD) CALL(fdatasync, FD) CALL(syncfs, FD) CALL(ftruncate, FD) CALL(fallocate, FD)
    CALL(fchmod, FD) CALL(fchown, FD) CALL(sendfile, FD) CALL(copy_file_range, SECOND) CALL(splice, SECOND)
    CALL(renameat2, TWO_AT) CALL(linkat, TWO_AT) CALL(symlinkat, NEW_AT) CALL(unlinkat, AT) CALL(mkdirat, AT)
    CALL(fchmodat, AT) CALL(utimensat, AT) CALL(openat, OPEN)
#ifdef __NR_renameat
    CALL(renameat, TWO_AT)
#endif
#ifdef __NR_open
    CALL(rename, TWO) CALL(link, TWO) CALL(symlink, TWO) CALL(unlink, PATH) CALL(rmdir, PATH) CALL(mkdir, PATH)
    CALL(chmod, PATH) CALL(creat, PATH)
#endif
};
#define COUNT (sizeof CALLS / sizeof *CALLS)

static int cannot(const char *what)
{
    fprintf(stderr, "failing: %s: %s\n", what, strerror(errno));
    return CANNOT;
}

/* The kernel passes on what may create, and lets all other calls be. */
static int watch(void)
{
    struct sock_filter filter[2 * COUNT + 8];
    unsigned n = 0;
    filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (unsigned i = 0; i < COUNT; i++) {
        if (CALLS[i].place == OPEN)
            continue;
        filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)CALLS[i].number, 0, 1);
        filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
    }
    filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_openat, 0, 3);
    filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2]));
    filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_CREAT | (O_TMPFILE & ~O_DIRECTORY), 0, 1);
    filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
    filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {(unsigned short)n, filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        return -1;
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

/* An open file goes from one process to the other. */
static int pass(int socket, int *fd, int receive)
{
    char byte = 0, control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec data = {&byte, 1};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (receive) {
        if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != 1 || !(header = CMSG_FIRSTHDR(&message)))
            return -1;
        memcpy(fd, CMSG_DATA(header), sizeof *fd);
        return 0;
    }
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), fd, sizeof *fd);
    return sendmsg(socket, &message, 0) == 1 ? 0 : -1;
}

/* What a link of /proc says; empty where it says nothing. */
static void link_of(char *to, const char *format, int pid, int fd)
{
    char name[64];
    snprintf(name, sizeof name, format, pid, fd);
    ssize_t bytes = readlink(name, to, PATH_MAX - 1);
    to[bytes < 0 ? 0 : bytes] = 0;
}

/* How the call of this number fails: an errno, 0 for a kill, -1 where it does not. */
static int how(const char *faults, long number)
{
    for (const char *fault = faults; fault && *fault; fault = strchr(fault, ','), fault += fault != NULL) {
        char *end;
        if (strtol(fault, &end, 10) == number && *end == ':')
            return atoi(end + 1);
    }
    return -1;
}

/* A path of the program's, from its directory on. */
static void path_of(char *to, int pid, int directory, uint64_t address)
{
    char path[PATH_MAX] = {0};
    struct iovec own = {path, sizeof path - 1}, its = {(void *)(uintptr_t)address, sizeof path - 1};
    /* What lies behind it may not be readable: a page at a time. */
    if (process_vm_readv(pid, &own, 1, &its, 1, 0) < 0) {
        own.iov_len = its.iov_len = 4096 - address % 4096;
        if (process_vm_readv(pid, &own, 1, &its, 1, 0) < 0)
            path[0] = 0;
    }
    to[0] = 0;
    if (path[0] != '/') {
        link_of(to, directory == AT_FDCWD ? "/proc/%d/cwd" : "/proc/%d/fd/%d", pid, directory);
        strncat(to, "/", 2 * PATH_MAX - strlen(to) - 1);
    }
    strncat(to, path, 2 * PATH_MAX - strlen(to) - 1);
}

static void file_of(char *to, enum place place, int pid, const __u64 *arguments)
{
    switch (place) {
    case FD: link_of(to, "/proc/%d/fd/%d", pid, (int)arguments[0]); break;
    case SECOND: link_of(to, "/proc/%d/fd/%d", pid, (int)arguments[2]); break;
    case PATH: path_of(to, pid, AT_FDCWD, arguments[0]); break;
    case TWO: path_of(to, pid, AT_FDCWD, arguments[1]); break;
    case TWO_AT: path_of(to, pid, (int)arguments[2], arguments[3]); break;
    case NEW_AT: path_of(to, pid, (int)arguments[1], arguments[2]); break;
    case AT:
    case OPEN:
        /* utimensat without a path is of the open file. */
        if (arguments[1])
            path_of(to, pid, (int)arguments[0], arguments[1]);
        else
            link_of(to, "/proc/%d/fd/%d", pid, (int)arguments[0]);
    }
}

int main(int count, char **argv)
{
    if (count < 5) {
        errno = EINVAL;
        return cannot("DIRECTORY LOG FAULTS COMMAND...");
    }
    const char *directory = argv[1];
    long number = 0;
    int sockets[2], listener = -1, status = 0;
    FILE *log = fopen(argv[2], "we");
    if (!log || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets))
        return cannot(argv[2]);
    pid_t child = fork();
    if (child == 0) {
        if ((listener = watch()) < 0)
            _exit(cannot("seccomp"));
        /* Whoever waits for notifications must not be the one who causes them. */
        fcntl(listener, F_SETFD, FD_CLOEXEC);
        if (pass(sockets[1], &listener, 0))
            _exit(CANNOT);
        execv(argv[4], argv + 4);
        _exit(CANNOT);
    }
    close(sockets[1]);
    if (child < 0 || pass(sockets[0], &listener, 1))
        return cannot("seccomp");
    struct pollfd waiting = {listener, POLLIN, 0};
    /* When the program has ended, nobody is left who could notify. */
    while (poll(&waiting, 1, -1) >= 0 && waiting.revents & POLLIN) {
        struct seccomp_notif call = {0};
        if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call))
            continue;
        struct seccomp_notif_resp answer = {.id = call.id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
        char file[2 * PATH_MAX] = {0};
        unsigned i = 0;
        while (i < COUNT - 1 && CALLS[i].number != call.data.nr)
            i++;
        file_of(file, CALLS[i].place, (int)call.pid, call.data.args);
        size_t length = strlen(directory);
        if (!strncmp(file, directory, length) && (file[length] == '/' || !file[length])) {
            fprintf(log, "%s\t%s\n", CALLS[i].name, file);
            int fault = how(argv[3], ++number);
            if (fault == 0) {
                kill(child, SIGKILL);
                continue;
            }
            if (fault > 0) {
                answer.flags = 0;
                answer.error = -fault;
            }
        }
        ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
    }
    fclose(log);
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
