import django.db.models.deletion
import gongshu.sharing.states
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('catalog', '0001_initial'),
        ('identity', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Application',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=24, unique=True)),
                ('items', models.JSONField()),
                ('purpose', models.CharField(max_length=60)),
                ('basis', models.TextField(blank=True)),
                ('scenario', models.TextField(blank=True)),
                ('business_process', models.TextField(blank=True)),
                ('scope', models.TextField(blank=True)),
                ('mode', models.CharField(max_length=10)),
                ('valid_until', models.DateField()),
                ('share_type', models.CharField(max_length=15)),
                ('status', models.CharField(choices=[('pending', 'pending'), ('returned', 'returned'), ('approved', 'approved'), ('refused', 'refused'), ('withdrawn', 'withdrawn')], default=gongshu.sharing.states.ApplicationStatus['PENDING'], max_length=12)),
                ('pack', models.CharField(max_length=40)),
                ('pack_version', models.CharField(max_length=64)),
                ('citations', models.JSONField(default=list)),
                ('submitted_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('grant_id', models.CharField(blank=True, max_length=40)),
                ('applicant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='applications', to='catalog.entry')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='applications', to='identity.organization')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Step',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('round', models.PositiveIntegerField(default=1)),
                ('stage', models.PositiveIntegerField()),
                ('position', models.PositiveIntegerField()),
                ('office', models.CharField(max_length=20)),
                ('act', models.CharField(max_length=20)),
                ('act_zh', models.CharField(max_length=60)),
                ('act_en', models.CharField(max_length=60)),
                ('days', models.PositiveIntegerField(blank=True, null=True)),
                ('words_zh', models.CharField(blank=True, max_length=100)),
                ('words_en', models.CharField(blank=True, max_length=100)),
                ('citations', models.JSONField(default=list)),
                ('status', models.CharField(choices=[('waiting', 'waiting'), ('open', 'open'), ('agreed', 'agreed'), ('refused', 'refused'), ('returned', 'returned'), ('skipped', 'skipped')], default=gongshu.sharing.states.StepStatus['WAITING'], max_length=10)),
                ('opened_on', models.DateField(blank=True, null=True)),
                ('due_on', models.DateField(blank=True, null=True)),
                ('provisional', models.BooleanField(default=False)),
                ('duty_id', models.PositiveBigIntegerField(blank=True, null=True)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('reason', models.TextField(blank=True)),
                ('basis_kind', models.CharField(blank=True, max_length=40)),
                ('basis', models.TextField(blank=True)),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='sharing.application')),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.organization')),
            ],
            options={
                'ordering': ['round', 'position'],
            },
        ),
        migrations.AddIndex(
            model_name='application',
            index=models.Index(fields=['status', 'organization'], name='sharing_app_status_adfa86_idx'),
        ),
    ]
