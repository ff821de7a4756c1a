<?php

declare(strict_types=1);

namespace SessionsForRedis\Tests\Laravel;

use Illuminate\Auth\GenericUser;
use Illuminate\Contracts\Auth\Authenticatable;
use Illuminate\Contracts\Auth\UserProvider;

/** Users whose password is `secret`. */
final class User implements UserProvider
{
    public function retrieveById($identifier): Authenticatable
    {
        return new GenericUser(['id' => $identifier, 'password' => 'hash', 'remember_token' => 'token']);
    }

    public function retrieveByToken($identifier, $token): Authenticatable
    {
        return $this->retrieveById($identifier);
    }

    public function updateRememberToken(Authenticatable $user, $token): void
    {
    }

    public function retrieveByCredentials(array $credentials): Authenticatable
    {
        return $this->retrieveById($credentials['id']);
    }

    public function validateCredentials(Authenticatable $user, array $credentials): bool
    {
        return $credentials['password'] === 'secret';
    }

    /** Of Laravel 11 and newer. */
    public function rehashPasswordIfRequired(Authenticatable $user, array $credentials, bool $force = false): void
    {
    }
}
