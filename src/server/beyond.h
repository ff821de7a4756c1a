/* What the module uses of the module API that Rust does not get from redis-module's copy of
 * redismodule.h: what only Valkey has, and what redismodule.h gives in a form that bindgen does not
 * translate. build.rs generates the constants of src/server/beyond.rs from this file.
 *
 * Each entry names the header or the function that defines it and the first server that has it. */

/* valkeymodule.h, Valkey 9.0: the module allows CLUSTER MIGRATESLOTS. Redis has no such option. */
#define VALKEYMODULE_OPTIONS_HANDLE_ATOMIC_SLOT_MIGRATION (1 << 5)

/* redismodule.h, Redis 7.0: the member `version` of RedisModule_CurrentCommandInfoVersion, a static
 * structure, which has no symbol to link with. */
#define COMMAND_INFO_VERSION 1

/* RM_GetServerVersion, Redis 6.0.9: returns 0x00MMmmpp. */
#define SERVER_VERSION_MAJOR (1 << 16)
