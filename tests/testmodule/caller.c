/* A module that calls other commands: as itself, as the client's user, as a user that the command
 * names, from a timer and from a context without a client. The tests build it with the C compiler.
 *
 *   caller.call FLAGS command [argument ...]        the flags of RM_Call, `-` for none
 *   caller.as USER FLAGS command [argument ...]     with RM_SetContextUser
 *   caller.detached FLAGS command [argument ...]    from a thread-safe context without a client
 *   caller.later FLAGS command [argument ...]       from a timer; caller.result returns its reply
 *   caller.result                                   null while the timer has not fired
 *
 * For a call that the server refused without a reply, returns `ERR refused: ` and the system's error.
 * The few functions it needs are declared here, so it is built without the server's header. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Ctx Ctx;
typedef struct Str Str;
typedef struct Reply Reply;
typedef struct User User;
typedef int (*Command)(Ctx *, Str **, int);
typedef void (*Timer)(Ctx *, void *);

static int (*GetApi)(const char *, void *);
static void (*SetModuleAttribs)(Ctx *, const char *, int, int);
static int (*CreateCommand)(Ctx *, const char *, Command, const char *, int, int, int);
static Reply *(*Call)(Ctx *, const char *, const char *, ...);
static void (*FreeCallReply)(Reply *);
static const char *(*CallReplyProto)(Reply *, size_t *);
static int (*ReplyWithCallReply)(Ctx *, Reply *);
static int (*ReplyWithError)(Ctx *, const char *);
static int (*ReplyWithNull)(Ctx *);
static int (*ReplyWithSimpleString)(Ctx *, const char *);
static int (*ReplyWithStringBuffer)(Ctx *, const char *, size_t);
static const char *(*StringPtrLen)(const Str *, size_t *);
static void (*RetainString)(Ctx *, Str *);
static void (*FreeString)(Ctx *, Str *);
static User *(*GetModuleUserFromUserName)(Str *);
static void (*FreeModuleUser)(User *);
static void (*SetContextUser)(Ctx *, const User *);
static Ctx *(*GetThreadSafeContext)(void *);
static void (*FreeThreadSafeContext)(Ctx *);
static unsigned long long (*CreateTimer)(Ctx *, long long, Timer, void *);

static Reply *run(Ctx *ctx, Str **argv, int argc) {
    const char *flags = StringPtrLen(argv[0], NULL);
    char format[16];
    snprintf(format, sizeof format, "%sv", strcmp(flags, "-") == 0 ? "" : flags);
    errno = 0;
    return Call(ctx, StringPtrLen(argv[1], NULL), format, argv + 2, (size_t)(argc - 2));
}

static int answer(Ctx *ctx, Reply *reply) {
    if (reply == NULL) {
        char text[128];
        snprintf(text, sizeof text, "ERR refused: %s", strerror(errno));
        return ReplyWithError(ctx, text);
    }
    ReplyWithCallReply(ctx, reply);
    FreeCallReply(reply);
    return 0;
}

static int call(Ctx *ctx, Str **argv, int argc) {
    if (argc < 3) return ReplyWithError(ctx, "ERR arguments");
    return answer(ctx, run(ctx, argv + 1, argc - 1));
}

static int call_as(Ctx *ctx, Str **argv, int argc) {
    if (argc < 4) return ReplyWithError(ctx, "ERR arguments");
    User *user = GetModuleUserFromUserName(argv[1]);
    if (user == NULL) return ReplyWithError(ctx, "ERR no such user");
    SetContextUser(ctx, user);
    Reply *reply = run(ctx, argv + 2, argc - 2);
    SetContextUser(ctx, NULL);
    FreeModuleUser(user);
    return answer(ctx, reply);
}

static int detached(Ctx *ctx, Str **argv, int argc) {
    if (argc < 3) return ReplyWithError(ctx, "ERR arguments");
    Ctx *other = GetThreadSafeContext(NULL);
    int done = answer(ctx, run(other, argv + 1, argc - 1));
    FreeThreadSafeContext(other);
    return done;
}

struct later {
    Str **argv;
    int argc;
};

/* The protocol of the last reply from a timer. */
static char *result;
static size_t result_length;

static void on_timer(Ctx *ctx, void *data) {
    struct later *later = data;
    Reply *reply = run(ctx, later->argv, later->argc);
    size_t length = 0;
    const char *proto = reply ? CallReplyProto(reply, &length) : strerror(errno);
    if (reply == NULL) length = strlen(proto);
    result = malloc(length + 1);
    memcpy(result, proto, length);
    result_length = length;
    if (reply) FreeCallReply(reply);
    for (int i = 0; i < later->argc; i++) FreeString(NULL, later->argv[i]);
    free(later->argv);
    free(later);
}

static int call_later(Ctx *ctx, Str **argv, int argc) {
    if (argc < 3) return ReplyWithError(ctx, "ERR arguments");
    free(result);
    result = NULL;
    struct later *later = malloc(sizeof *later);
    later->argc = argc - 1;
    later->argv = malloc(sizeof *later->argv * (size_t)later->argc);
    for (int i = 0; i < later->argc; i++) {
        later->argv[i] = argv[i + 1];
        RetainString(NULL, argv[i + 1]);
    }
    CreateTimer(ctx, 1, on_timer, later);
    return ReplyWithSimpleString(ctx, "OK");
}

static int last_result(Ctx *ctx, Str **argv, int argc) {
    (void)argv, (void)argc;
    return result ? ReplyWithStringBuffer(ctx, result, result_length) : ReplyWithNull(ctx);
}

#define API(name) GetApi("RedisModule_" #name, (void *)&name)

int RedisModule_OnLoad(Ctx *ctx) {
    GetApi = (int (*)(const char *, void *))((void **)ctx)[0];
    API(SetModuleAttribs);
    API(CreateCommand);
    API(Call);
    API(FreeCallReply);
    API(CallReplyProto);
    API(ReplyWithCallReply);
    API(ReplyWithError);
    API(ReplyWithNull);
    API(ReplyWithSimpleString);
    API(ReplyWithStringBuffer);
    API(StringPtrLen);
    API(RetainString);
    API(FreeString);
    API(GetModuleUserFromUserName);
    API(FreeModuleUser);
    API(SetContextUser);
    API(GetThreadSafeContext);
    API(FreeThreadSafeContext);
    API(CreateTimer);
    SetModuleAttribs(ctx, "caller", 1, 1);
    CreateCommand(ctx, "caller.call", call, "write", 0, 0, 0);
    CreateCommand(ctx, "caller.as", call_as, "write", 0, 0, 0);
    CreateCommand(ctx, "caller.detached", detached, "write", 0, 0, 0);
    CreateCommand(ctx, "caller.later", call_later, "write", 0, 0, 0);
    CreateCommand(ctx, "caller.result", last_result, "readonly", 0, 0, 0);
    return 0;
}
