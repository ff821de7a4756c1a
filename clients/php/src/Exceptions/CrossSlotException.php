<?php

declare(strict_types=1);

namespace SessionsForRedis\Exceptions;

/** In a cluster, the id belongs to another hash slot than the token. Code `CROSSSLOT`. */
final class CrossSlotException extends SessionsException
{
}
