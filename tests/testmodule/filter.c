/* A module that changes the names of commands that modules call, as command filters do.
 *
 *   filter.map FROM TO      from now on FROM is run as TO, regardless of who sends it
 *   filter.clear            nothing is changed any more
 *   loadmodule filter.so FROM TO    the same from the start
 *
 * The few functions it needs are declared here, so it is built without the server's header. */

#include <string.h>
#include <strings.h>

typedef struct Ctx Ctx;
typedef struct Str Str;
typedef struct Filter Filter;
typedef struct FilterCtx FilterCtx;
typedef int (*Command)(Ctx *, Str **, int);

static int (*GetApi)(const char *, void *);
static void (*SetModuleAttribs)(Ctx *, const char *, int, int);
static int (*CreateCommand)(Ctx *, const char *, Command, const char *, int, int, int);
static int (*ReplyWithSimpleString)(Ctx *, const char *);
static int (*ReplyWithError)(Ctx *, const char *);
static const char *(*StringPtrLen)(const Str *, size_t *);
static Str *(*CreateString)(Ctx *, const char *, size_t);
static Filter *(*RegisterCommandFilter)(Ctx *, void (*)(FilterCtx *), int);
static const Str *(*CommandFilterArgGet)(FilterCtx *, int);
static int (*CommandFilterArgReplace)(FilterCtx *, int, Str *);

static char from[64], to[64];

static void rename_command(FilterCtx *command) {
    size_t length = 0;
    const char *name = StringPtrLen(CommandFilterArgGet(command, 0), &length);
    if (from[0] && length == strlen(from) && strncasecmp(name, from, length) == 0)
        CommandFilterArgReplace(command, 0, CreateString(NULL, to, strlen(to)));
}

static void copy(char target[64], const Str *word) {
    size_t length = 0;
    const char *bytes = StringPtrLen(word, &length);
    if (length > 63) length = 63;
    memcpy(target, bytes, length);
    target[length] = 0;
}

static int map(Ctx *ctx, Str **argv, int argc) {
    if (argc != 3) return ReplyWithError(ctx, "ERR arguments");
    copy(from, argv[1]);
    copy(to, argv[2]);
    return ReplyWithSimpleString(ctx, "OK");
}

static int clear(Ctx *ctx, Str **argv, int argc) {
    (void)argv, (void)argc;
    from[0] = 0;
    return ReplyWithSimpleString(ctx, "OK");
}

#define API(name) GetApi("RedisModule_" #name, (void *)&name)

int RedisModule_OnLoad(Ctx *ctx, Str **argv, int argc) {
    GetApi = (int (*)(const char *, void *))((void **)ctx)[0];
    API(SetModuleAttribs);
    API(CreateCommand);
    API(ReplyWithSimpleString);
    API(ReplyWithError);
    API(StringPtrLen);
    API(CreateString);
    API(RegisterCommandFilter);
    API(CommandFilterArgGet);
    API(CommandFilterArgReplace);
    SetModuleAttribs(ctx, "filter", 1, 1);
    CreateCommand(ctx, "filter.map", map, "", 0, 0, 0);
    CreateCommand(ctx, "filter.clear", clear, "", 0, 0, 0);
    if (argc == 2) {
        copy(from, argv[0]);
        copy(to, argv[1]);
    }
    RegisterCommandFilter(ctx, rename_command, 0);
    return 0;
}
