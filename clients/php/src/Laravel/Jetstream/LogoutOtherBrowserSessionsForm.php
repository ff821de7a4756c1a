<?php

// Jetstream's Livewire component "Browser Sessions". Jetstream's own component only supports the
// session driver `database`.

declare(strict_types=1);

namespace SessionsForRedis\Laravel\Jetstream;

use Illuminate\Contracts\Auth\StatefulGuard;
use Illuminate\Support\Collection;
use Illuminate\Support\Facades\Auth;
use Illuminate\Support\Facades\Hash;
use Illuminate\Validation\ValidationException;
use Laravel\Jetstream\Http\Livewire\LogoutOtherBrowserSessionsForm as JetstreamForm;

class LogoutOtherBrowserSessionsForm extends JetstreamForm
{
    /** @return void */
    public function logoutOtherBrowserSessions(StatefulGuard $guard)
    {
        $this->resetErrorBag();
        if (!Hash::check($this->password, Auth::user()->getAuthPassword())) {
            throw ValidationException::withMessages(['password' => [__('This password does not match our records.')]]);
        }
        // New password hash: "remember me" cookies of the other devices end as well.
        $guard->logoutOtherDevices($this->password);
        $this->deleteOtherSessionRecords();
        $this->keepThisDevice($guard);
        $this->confirmingLogout = false;
        $this->dispatch('loggedOut');
    }

    /** @return void */
    protected function deleteOtherSessionRecords()
    {
        app(Devices::class)->endOthers(request());
    }

    /** @return Collection<int, object> */
    public function getSessionsProperty()
    {
        return app(Devices::class)->of(request());
    }

    /**
     * The middleware AuthenticateSession would take the new hash for a change made on another
     * device.
     */
    private function keepThisDevice(StatefulGuard $guard): void
    {
        $hash = Auth::user()->getAuthPassword();
        // Laravel 12 and newer keep a MAC of the hash.
        if (method_exists($guard, 'hashPasswordForCookie')) {
            $hash = $guard->hashPasswordForCookie($hash);
        }
        request()->session()->put('password_hash_' . Auth::getDefaultDriver(), $hash);
    }
}
